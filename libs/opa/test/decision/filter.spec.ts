import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { OpaErrorCode, OpaFilterOptions } from 'nestjs-opa';
import type { OpaServiceSettings } from '../../src/decision/index.js';
import { OpaError, OpaService } from 'nestjs-opa';
import type { TestAnswer } from 'nestjs-opa/testing';
import { TestEngine } from 'nestjs-opa/testing';

interface Question {
  readonly items?: readonly string[];
  readonly item?: string;
}

const ITEMS = ['a', 'b', 'c'] as const;
const upper = (item: string): string => item.toUpperCase();

function serviceOf(
  answer: TestAnswer,
  settings: Partial<OpaServiceSettings> = {},
): { opa: OpaService; engine: TestEngine } {
  const engine = new TestEngine({ seen: answer });
  const opa = new OpaService({
    engine,
    policy: 'seen',
    timeout: 1_000,
    mode: 'enforce',
    failOpen: false,
    ...settings,
  });
  return { opa, engine };
}

const filter = (answer: TestAnswer, options: OpaFilterOptions<string> = {}): Promise<string[]> =>
  serviceOf(answer).opa.filter(ITEMS, options);

/** A policy that decides about one item: `decide` returns the document for the item. */
const each = (decide: (item: string) => unknown) => (question: unknown) => {
  const { item } = question as Question;
  return item === undefined ? false : decide(item);
};

describe('filter', () => {
  beforeAll(() => void Logger.overrideLogger(false));
  afterAll(() => void Logger.overrideLogger(['error', 'warn']));

  it.each([
    ['indexes', [2, 0, 2], {}, ['a', 'c']],
    ['an empty list', [], {}, []],
    ['undefined', undefined, {}, []],
    ['keys, including unknown keys', ['C', 'A', 'X'], { key: upper }, ['a', 'c']],
    ['a key that several items share', ['k'], { key: () => 'k' }, ['a', 'b', 'c']],
  ])('accepts %s as the result of the policy', async (_name, answer, options, expected) => {
    expect(await filter(answer, options)).toEqual(expected);
  });

  it.each([
    ['an index out of range', [0, 3], {}],
    ['a negative index', [-1], {}],
    ['a fraction', [0.5], {}],
    ['keys without the option', ['a'], {}],
    ['indexes with the option', [0], { key: upper }],
    ['indexes and keys', [0, 'A'], { key: upper }],
    ['objects', [{ allow: true }], {}],
    ['nested lists', [[0]], {}],
    ['null', null, {}],
    ['a number', 1, {}],
    ['text', 'a', {}],
    ['an object', { a: true }, {}],
    ['a malformed decision', { allow: 'yes' }, {}],
  ])('rejects %s as the result of the policy', async (_name, answer, options) => {
    await expect(filter(answer, options)).rejects.toMatchObject({ code: 'OPA_BAD_DECISION' });
  });

  it('sends the rest of the input together with the items', async () => {
    const { opa, engine } = serviceOf([0]);
    await opa.filter(ITEMS, { input: { subject: 'ann' }, describe: upper });
    expect(engine.questions).toEqual([{ policy: 'seen', input: { subject: 'ann', items: ['A', 'B', 'C'] } }]);
  });

  it('evaluates no policy for an empty list', async () => {
    const { opa, engine } = serviceOf(true);
    expect(await opa.filter([])).toEqual([]);
    expect(engine.questions).toEqual([]);
  });

  it('decides item by item, up to `concurrency` items at a time', async () => {
    let running = 0;
    let most = 0;
    const items = Array.from({ length: 20 }, (_, index) => String(index));
    const { opa, engine } = serviceOf(async (question: unknown) => {
      running += 1;
      most = Math.max(most, running);
      await Promise.resolve();
      running -= 1;
      const { item } = question as Question;
      return { allow: item !== undefined && Number(item) % 2 === 0 };
    });
    expect(await opa.filter(items, { concurrency: 3 })).toEqual(
      items.filter((item) => Number(item) % 2 === 0),
    );
    expect(most).toBeLessThanOrEqual(3);
    expect(engine.questions).toHaveLength(21);
  });

  it.each([0, 1.5, Number.NaN])('rejects a concurrency of %d', async (concurrency) => {
    await expect(filter([0], { concurrency })).rejects.toMatchObject({ code: 'OPA_BAD_OPTIONS' });
  });

  it.each(['describe', 'key'])('rejects when the function `%s` throws', async (name) => {
    const throwing = (): string => {
      throw new Error('no id');
    };
    await expect(filter([0], { [name]: throwing })).rejects.toMatchObject({ code: 'OPA_BAD_INPUT' });
  });

  it.each([
    ['fails', () => new OpaError('OPA_POLICY_ERROR', 'conflict')],
    ['is malformed', () => 'yes'],
    ['has obligations', () => ({ allow: true, obligations: [{ type: 'mask' }] })],
    ['is denied', () => ({ allow: false })],
    ['is undefined', () => undefined],
  ])('leaves out an item whose decision %s', async (_name, answer) => {
    expect(await filter(each((item) => (item === 'b' ? answer() : true)))).toEqual(['a', 'c']);
  });

  it('rejects when the policy fails on every item', async () => {
    const failing = each(() => new OpaError('OPA_POLICY_ERROR', 'conflict'));
    await expect(filter(failing)).rejects.toMatchObject({ code: 'OPA_POLICY_ERROR' });
  });

  it('queries item by item after the query about all items fails, for both forms of policy', async () => {
    const lists = (question: unknown): unknown => {
      const { items = [] } = question as Question;
      return items.includes('b')
        ? new OpaError('OPA_POLICY_ERROR', 'conflict')
        : items.map((_, index) => index);
    };
    expect(await filter(lists)).toEqual(['a', 'c']);
    const decides = (question: unknown): unknown => {
      const { item } = question as Question;
      return item === undefined ? new OpaError('OPA_POLICY_ERROR', 'no item') : item !== 'a';
    };
    expect(await filter(decides)).toEqual(['b', 'c']);
  });

  const OUTAGES: OpaErrorCode[] = [
    'OPA_UNREACHABLE',
    'OPA_TIMEOUT',
    'OPA_OVERLOADED',
    'OPA_CIRCUIT_OPEN',
    'OPA_CLOSED',
    'OPA_UNAUTHORIZED',
  ];
  it.each(OUTAGES)(
    'rejects on %s, of the query about all items and of a query about one item',
    async (code) => {
      await expect(filter(new OpaError(code, 'gone'))).rejects.toMatchObject({ code });
      const outage = each((item) => (item === 'b' ? new OpaError(code, 'gone') : true));
      await expect(filter(outage)).rejects.toMatchObject({ code });
    },
  );

  it('sends no further queries after an outage, or after the caller aborts', async () => {
    const { opa, engine } = serviceOf(each(() => new OpaError('OPA_UNREACHABLE', 'gone')));
    await expect(opa.filter(ITEMS, { concurrency: 1 })).rejects.toMatchObject({ code: 'OPA_UNREACHABLE' });
    expect(engine.questions).toHaveLength(2);
    const caller = new AbortController();
    const aborting = each((item) => {
      if (item === 'b') caller.abort();
      return true;
    });
    const aborted = filter(aborting, { concurrency: 1, signal: caller.signal });
    await expect(aborted).rejects.toMatchObject({ code: 'OPA_ABORTED' });
  });

  it('in mode disabled returns all items and evaluates no policy', async () => {
    const { opa, engine } = serviceOf([], { mode: 'disabled' });
    expect(await opa.filter(ITEMS)).toEqual(ITEMS);
    expect(engine.questions).toEqual([]);
  });

  it.each([
    ['hidden items', [1], 'deny'],
    ['an undefined policy', undefined, 'deny'],
    ['a malformed response', 'x', 'OPA_BAD_DECISION'],
    ['an outage', new OpaError('OPA_UNREACHABLE', 'gone'), 'OPA_UNREACHABLE'],
    ['denied items', each((item) => item !== 'b'), 'deny'],
  ])('in mode permissive returns all items and reports %s', async (_name, answer, outcome) => {
    for (const settings of [{ mode: 'permissive' as const }, {}]) {
      const { opa } = serviceOf(answer, settings);
      expect(await opa.filter(ITEMS, { mode: 'permissive' })).toEqual(ITEMS);
      expect(opa.permissiveReport()).toMatchObject([{ policy: 'seen', outcome, count: 1 }]);
    }
  });

  it('fails open only where that is configured, and only when OPA is unreachable', async () => {
    const unreachable = serviceOf(new OpaError('OPA_UNREACHABLE', 'gone'), { failOpen: true });
    expect(await unreachable.opa.filter(ITEMS)).toEqual(ITEMS);
    expect(unreachable.opa.stats().decisions).toMatchObject({ unavailable: 1, degraded: 1 });
    const flooded = serviceOf(new OpaError('OPA_OVERLOADED', 'full'), { failOpen: true });
    await expect(flooded.opa.filter(ITEMS)).rejects.toMatchObject({ code: 'OPA_OVERLOADED' });
  });
});
