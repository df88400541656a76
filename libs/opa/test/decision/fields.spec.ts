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

describe('a decision document', () => {
  const log = { id: 'o1', type: 'log', properties: { n: 1 } };
  const two = { type: 'mask', properties: {} };

  it.each<[string, object, object]>([
    ['allow', { allow: true }, { outcome: 'allow', allowed: true }],
    ['allowed', { allowed: false }, { outcome: 'deny', allowed: false }],
    ['decision', { decision: true }, { outcome: 'allow', allowed: true }],
    [
      'allow, allowed and decision with the same value',
      { allow: false, allowed: false, decision: false },
      { outcome: 'deny' },
    ],
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
      'null for missing members',
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
      'headers as a list',
      { allow: true, headers: [{ 'x-a': '1' }, { 'X-A': '2', 'x-b': '3' }, { 'x-a': ['4'] }] },
      { headers: { 'x-a': ['1', '2', '4'], 'x-b': '3' } },
    ],
    [
      'headers of the response',
      { allow: true, response_headers_to_add: { 'X-A': '1' } },
      { responseHeaders: { 'x-a': '1' } },
    ],
    ['headers to remove', { allow: true, request_headers_to_remove: ['X-A'] }, { removeHeaders: ['x-a'] }],
    ['a status', { allow: false, http_status: 300 }, { status: 300 }],
    ['a status named status_code', { allow: false, status_code: 599 }, { status: 599 }],
    ['a body', { allow: false, body: { a: 1 } }, { body: { a: 1 } }],
    [
      'obligations at the top level and in context',
      { allow: true, obligations: [log], context: { obligations: [two] } },
      { obligations: [log, two] },
    ],
    [
      'unknown members',
      { allow: true, dynamic_metadata: { a: 1 } },
      { result: { allow: true, dynamic_metadata: { a: 1 } } },
    ],
  ])('is understood: %s', async (_name, answer, expected) => {
    expect(await decide(answer)).toMatchObject(expected);
  });

  it('gives an allow no status', async () => {
    expect(await decide({ allow: true, http_status: 200 })).not.toHaveProperty('status');
  });

  it.each<[string, object]>([
    ['an allow that is a string', { allow: 'true' }],
    ['an allow that is null', { allow: null }],
    ['verdicts that differ', { allow: true, decision: false }],
    ['a verdict beside a malformed verdict', { allow: true, allowed: 1 }],
    ['a reason that is a number', { allow: false, reasons: [1] }],
    ['headers that are a string', { allow: true, headers: 'x-a: 1' }],
    ['a list of headers with a string', { allow: true, headers: [{ 'x-a': '1' }, 'x'] }],
    ['a header that is a number', { allow: true, headers: { 'x-a': 1 } }],
    ['a header of two lines', { allow: true, headers: { 'x-a': '1\r\nx-b: 2' } }],
    ['a header name with a space', { allow: true, response_headers_to_add: { 'x a': '1' } }],
    ['headers to remove that are not a list', { allow: true, request_headers_to_remove: 'x-a' }],
    ['a denial with status 200', { allow: false, http_status: 200 }],
    ['a status above 599', { allow: false, http_status: 600 }],
    ['a status that is a string', { allow: false, status_code: '403' }],
    ['obligations that are not a list', { allow: true, obligations: { type: 'log' } }],
  ])('is malformed, and the decision fails: %s', async (_name, answer) => {
    await expect(decide(answer)).rejects.toMatchObject({ code: 'OPA_BAD_DECISION' });
  });
});

describe('the exception of a denial', () => {
  const statusAndMessage = async (answer: object): Promise<[number, unknown]> => {
    const exception = new OpaDeniedException(await decide({ allow: false, ...answer }));
    return [exception.getStatus(), exception.message];
  };

  it.each<[string, object, [number, string]]>([
    ['no status and no body', {}, [403, 'Forbidden by policy']],
    ['a status', { http_status: 429 }, [429, 'Denied by policy']],
    ['a text body', { body: 'Go away' }, [403, 'Go away']],
    ['a body with a message', { body: { message: 'Go away' } }, [403, 'Go away']],
  ])('has the status and message of the policy: %s', async (_name, answer, expected) => {
    expect(await statusAndMessage(answer)).toEqual(expected);
  });
});

describe('an undefined policy', () => {
  const warn: unknown[] = [];
  beforeAll(() => {
    Logger.overrideLogger({ log: () => undefined, error: () => undefined, warn: (text) => warn.push(text) });
  });
  afterAll(() => void Logger.overrideLogger(['error', 'warn']));

  it('denies, and logs one warning for each path', async () => {
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
