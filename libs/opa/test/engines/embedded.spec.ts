import { afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { createEmbeddedEngine } from '../../src/engines/index.js';
import type { EmbeddedEngine } from '../../src/engines/index.js';
import { buildBundle, opaEval, writeSources } from './support/opa.js';

const POLICY = `package gateway
echo := input
has_input if input == input
no_input if not has_input
nothing if input.never
off := false
zero := 0
text := ""
empty := {}
null_value := null
greeting := data.messages.greeting
orders := {"allow": input.role == "admin", "nested": {"list": [1, 2]}}
conflict := "a" if input.a
conflict := "b" if input.b
loop := sum([1 | some x in numbers.range(1, input.turns); some y in numbers.range(1, input.turns); x == y])
`;
const SOURCES = {
  'policy.rego': POLICY,
  'orders.rego': 'package gateway.items\nallow if input.role == "admin"\nlabel := "items"',
  'messages/data.json': { greeting: 'hello' },
};
const POINTS = [
  'echo',
  'has_input',
  'no_input',
  'nothing',
  'off',
  'zero',
  'text',
  'empty',
  'null_value',
  'greeting',
  'orders',
  'conflict',
  'loop',
  'items',
].map((name) => `gateway/${name}`);

const LATER = { deadline: Infinity };
const nest = (depth: number): unknown => Array.from({ length: depth }).reduce((inner) => [inner], null);

let engine: EmbeddedEngine;
let bundle: string;

beforeAll(async () => {
  bundle = await buildBundle(SOURCES, ...POINTS);
  engine = await createEmbeddedEngine({ bundle });
});

afterEach(() => {
  jest.restoreAllMocks();
});

const ask = (policy: string, input?: unknown) =>
  engine.evaluate({ policy: `gateway/${policy}`, input }, LATER);

describe('the results of the embedded engine', () => {
  it.each([
    ['off', { result: false }],
    ['zero', { result: 0 }],
    ['text', { result: '' }],
    ['empty', { result: {} }],
    ['null_value', { result: null }],
    ['nothing', {}],
    ['greeting', { result: 'hello' }],
  ])('distinguish %s', async (policy, answer) => {
    expect(await ask(policy, {})).toStrictEqual(answer);
  });

  it.each(
    [
      false,
      0,
      '',
      null,
      true,
      1,
      'text',
      {},
      [],
      [null],
      -0.5,
      1e21,
      5e-324,
      2 ** 53,
      'a\0b',
      '😀é',
      { a: { b: [1, { c: 'd' }] } },
      { ['__proto__']: 1 },
      String.raw`\ud800`,
    ].map((input) => ({ input, json: JSON.stringify(input) })),
  )('come from the input $json', async ({ input }) => {
    expect(await ask('echo', input)).toStrictEqual({ result: input });
    expect(await ask('has_input', input)).toStrictEqual({ result: true });
  });

  it('come from no input when the input is undefined', async () => {
    expect(await ask('no_input')).toStrictEqual({ result: true });
    expect(await ask('echo')).toStrictEqual({});
  });

  it('treat lone surrogates as the real OPA does', async () => {
    const input = { '\udc00\ud800': 'a\ud83d', pair: '😀', text: '\\ud800' };
    const folder = await writeSources(SOURCES);
    expect((await ask('echo', input)).result).toStrictEqual(
      await opaEval(folder, 'data.gateway.echo', input),
    );
  });

  it('are right for inputs that need more memory, and for small ones afterwards', async () => {
    const large = 'x'.repeat(8 * 1024 * 1024);
    expect((await ask('echo', large)).result).toBe(large);
    expect((await ask('echo', 1)).result).toBe(1);
  });
});

describe('paths below an entrypoint', () => {
  it.each([
    ['items/allow', { role: 'admin' }, { result: true }],
    ['items/allow', { role: 'guest' }, {}],
    ['items/label', {}, { result: 'items' }],
    ['items/label/deeper', {}, {}],
    ['items/toString', {}, {}],
    ['orders/allow', { role: 'guest' }, { result: false }],
    ['orders/nested/list', { role: 'guest' }, { result: [1, 2] }],
    ['orders/nested/list/0', { role: 'guest' }, { result: 1 }],
    ['orders/nested/list/9', { role: 'guest' }, {}],
    ['echo/a', null, {}],
    ['echo/a/b', { a: { b: 0 } }, { result: 0 }],
    ['nothing/at/all', {}, {}],
  ])('reach %s', async (policy, input, answer) => {
    expect(await ask(policy, input)).toStrictEqual(answer);
  });

  it('are undefined when no entrypoint covers them, with one warning for each path', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    for (const policy of ['elsewhere', 'elsewhere', 'other/place', 'ech']) {
      expect(await ask(policy, {})).toStrictEqual({});
    }
    expect(warn).toHaveBeenCalledTimes(3);
    const message = String(warn.mock.calls[0]?.[0]);
    expect(message).toContain('"gateway/elsewhere"');
    expect(message).toContain('gateway/conflict, gateway/echo, gateway/empty');
  });
});

describe('the embedded engine refuses', () => {
  const circular: Record<string, unknown> = {};
  circular['self'] = circular;

  it.each([
    ['a circular input', circular],
    ['an input nested too deeply', nest(100_000)],
    ['a bigint', { n: 1n }],
    ['a function', () => 1],
    ['a symbol', Symbol('s')],
    [
      'a toJSON that throws',
      {
        toJSON: () => {
          throw new Error('no');
        },
      },
    ],
    [
      'a toJSON that throws nothing',
      {
        toJSON: () => {
          // eslint-disable-next-line @typescript-eslint/only-throw-error -- what careless code does
          throw null;
        },
      },
    ],
    ['a toJSON that gives nothing', { toJSON: () => undefined }],
  ])('%s', async (_, input) => {
    await expect(ask('echo', input)).rejects.toMatchObject({ name: 'OpaError', code: 'OPA_BAD_INPUT' });
  });

  it('an aborted query, with the reason of the abort', async () => {
    const reason = new Error('client went away');
    const question = engine.evaluate(
      { policy: 'gateway/echo', input: 1 },
      { deadline: Infinity, signal: AbortSignal.abort(reason) },
    );
    await expect(question).rejects.toMatchObject({ code: 'OPA_ABORTED', cause: reason });
  });

  it('a query whose deadline has passed', async () => {
    const question = engine.evaluate({ policy: 'gateway/echo', input: 1 }, { deadline: performance.now() });
    await expect(question).rejects.toMatchObject({ code: 'OPA_TIMEOUT' });
  });

  it('every query after close()', async () => {
    const closing = await createEmbeddedEngine({ bundle });
    closing.close();
    await expect(closing.evaluate({ policy: 'gateway/echo', input: 1 }, LATER)).rejects.toMatchObject({
      code: 'OPA_CLOSED',
    });
  });
});

describe('policies that fail in the embedded engine', () => {
  it('are reported as OPA_POLICY_ERROR, with what failed and where', async () => {
    await expect(ask('conflict', { a: 1, b: 1 })).rejects.toMatchObject({
      name: 'OpaError',
      code: 'OPA_POLICY_ERROR',
      message: expect.stringMatching(/"gateway\/conflict" failed: .*policy\.rego:\d+: /),
    });
  });

  it('do not slow down or break later evaluations', async () => {
    for (let count = 0; count < 2_000; count++) {
      await expect(ask('conflict', { a: 1, b: 1 })).rejects.toMatchObject({
        message: expect.stringContaining('conflict'),
      });
    }
    expect(await ask('echo', { still: ['here'] })).toStrictEqual({ result: { still: ['here'] } });
    expect(await ask('greeting', {})).toStrictEqual({ result: 'hello' });
  });

  it('are stopped at the deadline with OPA_TIMEOUT when they loop; the next evaluation succeeds', async () => {
    const query = { policy: 'gateway/loop', input: { turns: 100_000 } };
    const options = { deadline: performance.now() + 20 };
    await expect(engine.evaluate(query, options)).rejects.toMatchObject({ code: 'OPA_TIMEOUT' });
    expect(await engine.evaluate({ ...query, input: { turns: 3 } }, LATER)).toStrictEqual({ result: 3 });
  });

  it('do not affect other rules', async () => {
    const together = await createEmbeddedEngine({ bundle: await buildBundle(SOURCES, 'gateway') });
    const alone = { policy: 'gateway/off', input: { a: 1, b: 1 } };
    expect(await together.evaluate(alone, LATER)).toStrictEqual({ result: false });
  });
});
