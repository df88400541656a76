import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { OpaService } from 'nestjs-opa';
import { bench } from '../faults/support/modules.js';
import { httpServer } from '../support.js';

const { open, throughAxios, uses } = bench();

/** What URLs give a meaning to, in pieces that make paths. */
const PIECES = [
  ...[
    '/',
    '//',
    '\\',
    '.',
    '..',
    '...',
    '%',
    '%2e',
    '%2E%2e',
    '%2f',
    '%5c',
    '%00',
    '?',
    '#',
    ';',
    '&',
    '=',
    ':',
    '@',
  ],
  ...[
    'a',
    'v1',
    'data',
    'query',
    'system',
    ' ',
    '\t',
    '\n',
    '\r\n',
    '\0',
    '\uFEFF',
    '．',
    '／',
    '‥',
    '\uD800',
    'é',
    '𝛼',
  ],
  ...['..;', '~', '*', "'", '(', '{', '[', '|', '^', '`', '"', '<', 'http://', 'constructor', '__proto__'],
];
const path = fc.oneof(
  // Little beside dots, so that nothing else is a reason to refuse it.
  fc
    .array(fc.constantFrom('a', 'data', '.', '..', '...'), { maxLength: 8 })
    .map((pieces) => pieces.join('/')),
  fc.array(fc.constantFrom(...PIECES), { maxLength: 8 }).map((pieces) => pieces.join('')),
  fc.array(fc.constantFrom(...PIECES), { maxLength: 8 }).map((pieces) => pieces.join('/')),
  fc.string({ unit: 'binary' }),
  fc.webPath(),
);

let opa: OpaService;
let requested: string[];

beforeEach(async () => {
  requested = [];
  const { url } = await uses(
    httpServer((request, response) => {
      requested.push(request.url ?? '');
      response.end('{"result":true}');
    }),
  );
  opa = await open({ url });
});

describe('for any policy path', () => {
  it.each([
    ['straight to the wire', () => undefined],
    ['through axios', throughAxios],
  ])('no request goes outside /v1/data/: %s', async (_way, go) => {
    go();
    const accepted: string[] = [];
    await fc.assert(
      fc.asyncProperty(path, async (policy) => {
        requested.length = 0;
        const code = await opa.decide({ policy, input: {} }).then(
          () => 'asked',
          (error: unknown) => (error as { code?: string }).code,
        );
        if (code !== 'asked') {
          expect({ code, asked: requested }).toEqual({ code: 'OPA_BAD_OPTIONS', asked: [] });
          return;
        }
        accepted.push(policy);
        const [target = ''] = requested;
        // As sent, and as any server reads it that resolves dots, before or after it decodes.
        for (const read of [target, decodeURIComponent(target)]) {
          expect(new URL(read.replaceAll('\\', '/'), 'http://opa').pathname).toMatch(/^\/v1\/data\/./);
        }
        expect(requested).toEqual([`/v1/data/${policy.split('/').map(encodeURIComponent).join('/')}`]);
        expect(target.slice('/v1/data/'.length).split('/').map(decodeURIComponent)).toEqual(
          policy.split('/'),
        );
      }),
      { numRuns: 300 },
    );
    expect(accepted.length).toBeGreaterThan(0);
  });
});
