import { beforeAll, afterAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Decision } from 'nestjs-opa';
import { OpaDeniedException, OpaService } from 'nestjs-opa';
import type { TestAnswer } from 'nestjs-opa/testing';
import { TestEngine } from 'nestjs-opa/testing';

const decide = (answer: TestAnswer): Promise<Decision> =>
  new OpaService({
    engine: new TestEngine({ a: answer }),
    timeout: 1_000,
    mode: 'enforce',
    failOpen: true,
  }).decide({ policy: 'a', input: {} });

describe('what a decision holds of the document', () => {
  const one = { id: 'o1', type: 'log', properties: { n: 1 } };
  const two = { type: 'mask', properties: {} };

  it.each<[string, object, object]>([
    ['allow', { allow: true }, { outcome: 'allow', allowed: true }],
    ['allowed', { allowed: false }, { outcome: 'deny', allowed: false }],
    ['decision', { decision: true }, { outcome: 'allow', allowed: true }],
    ['all three, of one mind', { allow: false, allowed: false, decision: false }, { outcome: 'deny' }],
    [
      'a reason, and reasons',
      { allow: false, reason: 'a', reasons: ['b', 'c'] },
      { reasons: ['a', 'b', 'c'] },
    ],
    [
      'a reason that is an object, as APISIX has it: its JSON',
      { allow: false, reason: { code: 40301, msg: 'no "role"' } },
      { reasons: ['{"code":40301,"msg":"no \\"role\\""}'] },
    ],
    [
      'objects among the reasons',
      { allow: false, reasons: ['a', { b: [1] }] },
      { reasons: ['a', '{"b":[1]}'] },
    ],
    [
      'null for what there is not',
      { allow: true, reason: null, headers: null, obligations: null },
      { reasons: [] },
    ],
    [
      'the reasons for users, as AuthZEN has them',
      { decision: false, context: { reason_admin: { en: 'a' }, reason_user: { en: 'b' } } },
      { reasons: ['b'] },
    ],
    [
      'headers',
      { allow: true, headers: { 'X-A': '1', 'x-b': ['2', '3'] } },
      { headers: { 'x-a': '1', 'x-b': ['2', '3'] } },
    ],
    [
      'a list of headers',
      { allow: true, headers: [{ 'x-a': '1' }, { 'X-A': '2', 'x-b': '3' }, { 'x-a': ['4'] }] },
      { headers: { 'x-a': ['1', '2', '4'], 'x-b': '3' } },
    ],
    [
      'headers of the answer',
      { allow: true, response_headers_to_add: { 'X-A': '1' } },
      { responseHeaders: { 'x-a': '1' } },
    ],
    ['headers to remove', { allow: true, request_headers_to_remove: ['X-A'] }, { removeHeaders: ['x-a'] }],
    ['a status', { allow: false, http_status: 300 }, { status: 300 }],
    ['a status by its other name', { allow: false, status_code: 599 }, { status: 599 }],
    ['a body', { allow: false, body: { a: 1 } }, { body: { a: 1 } }],
    [
      'obligations, of both places',
      { allow: true, obligations: [one], context: { obligations: [two] } },
      { obligations: [one, two] },
    ],
    [
      'what it does not know',
      { allow: true, dynamic_metadata: { a: 1 } },
      { result: { allow: true, dynamic_metadata: { a: 1 } } },
    ],
  ])('%s', async (_name, answer, expected) => {
    expect(await decide(answer)).toMatchObject(expected);
  });

  it('no status of an allow', async () => {
    expect(await decide({ allow: true, http_status: 200 })).not.toHaveProperty('status');
  });

  it.each<[string, object]>([
    ['an allow that is text', { allow: 'true' }],
    ['an allow that is null', { allow: null }],
    ['verdicts that differ', { allow: true, decision: false }],
    ['a verdict beside one that is none', { allow: true, allowed: 1 }],
    ['reasons that are no texts', { allow: false, reasons: [1] }],
    ['headers that are text', { allow: true, headers: 'x-a: 1' }],
    ['a list of headers with a text', { allow: true, headers: [{ 'x-a': '1' }, 'x'] }],
    ['a header that is a number', { allow: true, headers: { 'x-a': 1 } }],
    ['a header of two lines', { allow: true, headers: { 'x-a': '1\r\nx-b: 2' } }],
    ["a header's name of two words", { allow: true, response_headers_to_add: { 'x a': '1' } }],
    ['headers to remove that are no list', { allow: true, request_headers_to_remove: 'x-a' }],
    ['a denial that is a success', { allow: false, http_status: 200 }],
    ['a status that there is not', { allow: false, http_status: 600 }],
    ['a status that is text', { allow: false, status_code: '403' }],
    ['obligations that are no list', { allow: true, obligations: { type: 'log' } }],
  ])('nothing, and it is no decision: %s', async (_name, answer) => {
    await expect(decide(answer)).rejects.toMatchObject({ code: 'OPA_BAD_DECISION' });
  });
});

describe('the exception of a denial', () => {
  const said = async (answer: object): Promise<[number, unknown]> => {
    const exception = new OpaDeniedException(await decide({ allow: false, ...answer }));
    return [exception.getStatus(), exception.message];
  };

  it.each<[string, object, [number, string]]>([
    ['nothing more', {}, [403, 'Forbidden by policy']],
    ['a status', { http_status: 429 }, [429, 'Denied by policy']],
    ['a text', { body: 'Go away' }, [403, 'Go away']],
    ['an object with a message', { body: { message: 'Go away' } }, [403, 'Go away']],
  ])('says what the policy says: %s', async (_name, answer, expected) => {
    expect(await said(answer)).toEqual(expected);
  });
});

describe('an undefined policy', () => {
  const warn: unknown[] = [];
  beforeAll(() => {
    Logger.overrideLogger({ log: () => undefined, error: () => undefined, warn: (text) => warn.push(text) });
  });
  afterAll(() => void Logger.overrideLogger(['error', 'warn']));

  it('is denied, and warned of once a path', async () => {
    const settings = { engine: new TestEngine(), timeout: 1_000, mode: 'enforce', failOpen: true } as const;
    const opa = new OpaService(settings);
    for (const policy of ['a', 'b', 'a', 'b'])
      expect(await opa.decide({ policy, input: {} })).toMatchObject({ outcome: 'undefined', allowed: false });
    expect(warn).toEqual([
      expect.stringContaining('The policy "a" is undefined'),
      expect.stringContaining('The policy "b" is undefined'),
    ]);
  });
});
