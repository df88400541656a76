import { afterEach, describe, expect, it } from '@jest/globals';
import { TestEngine } from 'nestjs-opa/testing';
import { cleanUp, start } from '../resilience/support.js';

afterEach(cleanUp);

const cyclic = (): object => {
  const manager: Record<string, unknown> = { id: 'ann' };
  manager['reports'] = [{ id: 'bob', manager }];
  return { manager };
};
const itself: Record<string, unknown> = {};
itself['me'] = itself;

class Roles extends Set<string> {}

const OF_SUBJECT = 'Give option "input.subject" the fields to send, or a function that converts them.';
const OTHER = 'Convert it before you put it into the input, or leave it out.';

describe('an error about a value that JSON cannot hold names the path', () => {
  it.each<[string, unknown, string]>([
    ['a bigint', { subject: { id: 1n } }, `input.subject.id is a bigint; JSON cannot hold it. ${OF_SUBJECT}`],
    [
      'a Set',
      { subject: { roles: new Set() } },
      `input.subject.roles is a Set; JSON cannot hold it. ${OF_SUBJECT}`,
    ],
    ['a class of Set', { subject: { roles: new Roles() } }, 'input.subject.roles is a Set'],
    ['a Map', { subject: { a: [{ b: new Map() }] } }, 'input.subject.a[0].b is a Map'],
    [
      'a cycle',
      { subject: cyclic() },
      'input.subject.manager.reports[0].manager refers back to input.subject.manager; JSON cannot hold a cycle.',
    ],
    ['a cycle of the whole', itself, 'input.me refers back to input; JSON cannot hold a cycle.'],
    [
      'a bigint elsewhere',
      { context: { n: 1n } },
      `input.context.n is a bigint; JSON cannot hold it. ${OTHER}`,
    ],
    ['NaN', { 'a b': NaN }, 'input["a b"] is NaN'],
    ['an invalid date', { at: new Date(NaN) }, 'input.at is an invalid date'],
    ['a hole', { list: [1, undefined] }, 'input.list[1] is undefined'],
    ['what toJSON gives', { a: { toJSON: () => ({ b: 1n }) } }, 'input.a.b is a bigint'],
    [
      'toJSON twice',
      { a: { toJSON: () => new Date(0) } },
      'input.a has a toJSON that gives an object with another toJSON',
    ],
    ['a function', () => 1, 'input is a function'],
  ])('%s', async (_name, input, message) => {
    const opa = await start({ engine: new TestEngine({ 'a/b': true }) });
    const decision = opa.decide({ input });
    await expect(decision).rejects.toMatchObject({ code: 'OPA_BAD_INPUT', clientFault: false });
    await expect(decision).rejects.toThrow(message);
  });

  it('and shortens a long path', async () => {
    const opa = await start({ engine: new TestEngine({ 'a/b': true }) });
    const decision = opa.decide({ input: { ['x'.repeat(10_000)]: 1n } });
    await expect(decision).rejects.toThrow(/^input\.x{194}… is a bigint/);
  });
});
