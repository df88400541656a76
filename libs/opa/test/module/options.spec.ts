import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import type { OpaModuleOptions } from 'nestjs-opa';
import { OpaModule, OpaService } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';

const start = async (options: unknown) =>
  Test.createTestingModule({ imports: [OpaModule.forRoot(options as OpaModuleOptions)] }).compile();

const refusal = async (starting: Promise<unknown>): Promise<{ code?: string; message: string }> => {
  const error: unknown = await starting.then(
    () => new Error('it was accepted'),
    (reason: unknown) => reason,
  );
  return error as { code?: string; message: string };
};

const cache = { max: 1, allowTtl: 1, denyTtl: 1 };
const MS = 'a number of milliseconds, ';
const ADDRESS = 'an address: http://, https:// or unix:///path';
const POLICY = 'a path under data such as "orders/read"';
const nothing = 'a value of type object';

/** The options, the one that is wrong with them, how the message shows what was given, and what it accepts. */
const WRONG: [given: unknown, option: string, shown: string, accepted: string][] = [
  [{ url: 5 }, 'url', '5', ADDRESS],
  [{ url: '' }, 'url', '""', ADDRESS],
  [{ url: 'opa:8181' }, 'url', '"opa:8181"', ADDRESS],
  [{ url: 'http://opa?x' }, 'url', '"http://opa?…"', ADDRESS],
  [{ url: 'http://u:s3cret@opa' }, 'url', '"http://…@opa"', ADDRESS],
  [{ url: 'http://u:s3/cret@opa' }, 'url', '"http://…@opa"', ADDRESS],
  [{ url: 'http://u:s3#cret@opa' }, 'url', '"http://…@"', ADDRESS],
  [{ url: 'u:s3cret@opa:8181' }, 'url', '"…@opa:8181"', ADDRESS],
  [{ url: 'http//u:s3cret@opa' }, 'url', '"…@opa"', ADDRESS],
  [{ url: 'ftp://u:s3@cret@opa?s3cret' }, 'url', '"ftp://…@opa?…"', ADDRESS],
  [{ url: 'http://opa/?token=s3cret' }, 'url', '"http://opa/?…"', ADDRESS],
  [{ url: 'http://opa/?token=a@s3cret' }, 'url', '"http://…@"', ADDRESS],
  [{ url: 'http://opa/#s3cret' }, 'url', '"http://opa/#…"', ADDRESS],
  [{ url: 'unix://opa.sock' }, 'url', '"unix://opa.sock"', ADDRESS],
  [{ url: [] }, 'url', 'a list', 'at least one address'],
  [{ url: ['http://opa', 'opa'] }, 'url.1', '"opa"', ADDRESS],
  [{ bundle: '' }, 'bundle', '""', 'the path or http(s) URL of a bundle'],
  [{ bundle: 5 }, 'bundle', '5', 'the path or http(s) URL of a bundle'],
  [{ engine: {} }, 'engine', nothing, 'a PolicyEngine'],
  [{ policy: '' }, 'policy', '""', POLICY],
  [{ policy: '/a' }, 'policy', '"/a"', POLICY],
  [{ policy: 'a/../b' }, 'policy', '"a/../b"', POLICY],
  [{ policy: 'a%2eb' }, 'policy', '"a%2eb"', POLICY],
  [{ policy: 'a?b' }, 'policy', '"a?…"', POLICY],
  [{ policy: 'a#b' }, 'policy', '"a#…"', POLICY],
  [{ policy: 'a//b' }, 'policy', '"a//b"', POLICY],
  [{ token: 5 }, 'token', 'a value of type number', 'a bearer token'],
  [{ token: 's3cret s3cret' }, 'token', 'a value of type string', 'a bearer token'],
  [{ token: { file: 'f', more: 1 } }, 'token', nothing, 'a bearer token'],
  [{ tls: 's3cret' }, 'tls', 'a value of type string', 'an object with "ca", "cert", "key", "servername"'],
  [{ tls: { ca: 5 } }, 'tls.ca', 'a value of type number', 'PEM text, a file path or a Buffer'],
  [{ timeout: '1s' }, 'timeout', '"1s"', `${MS}1`],
  [{ timeout: 0 }, 'timeout', '0', `${MS}1`],
  [{ timeout: -1 }, 'timeout', '-1', `${MS}1`],
  [{ timeout: Infinity }, 'timeout', 'Infinity', `${MS}1`],
  [{ timeout: null }, 'timeout', 'null', `${MS}1`],
  [{ pool: 5 }, 'pool', '5', 'an object with "maxSockets"'],
  [{ pool: { maxSockets: 0 } }, 'pool.maxSockets', '0', 'a whole number of at least 1'],
  [{ pool: { maxFreeSockets: -1 } }, 'pool.maxFreeSockets', '-1', 'a whole number of at least 0'],
  [{ pool: { freeSocketTimeout: NaN } }, 'pool.freeSocketTimeout', 'NaN', MS],
  [{ pool: { socketTtl: 2 ** 31 } }, 'pool.socketTtl', '2147483648', MS],
  [{ pool: { connectTimeout: -5 } }, 'pool.connectTimeout', '-5', MS],
  [{ pool: { maxPending: 1.5 } }, 'pool.maxPending', '1.5', 'a whole number of at least 0'],
  [{ pool: { maxResponseBytes: '1MB' } }, 'pool.maxResponseBytes', '"1MB"', 'a whole number of at least 1'],
  [{ retry: true }, 'retry', 'true', 'false, or an object'],
  [{ retry: { retries: 1.5 } }, 'retry.retries', '1.5', 'a whole number of at least 0'],
  [{ retry: { minDelay: '25' } }, 'retry.minDelay', '"25"', MS],
  [{ circuitBreaker: true }, 'circuitBreaker', 'true', 'false, or an object'],
  [{ circuitBreaker: { threshold: 0 } }, 'circuitBreaker.threshold', '0', 'a share above 0 and up to 1'],
  [{ circuitBreaker: { duration: -1 } }, 'circuitBreaker.duration', '-1', MS],
  [{ onUnavailable: 'open' }, 'onUnavailable', '"open"', 'one of "deny", "allow", "stale", "bundle"'],
  [{ mode: 'off' }, 'mode', '"off"', 'one of "enforce", "permissive", "disabled"'],
  [{ cache: true }, 'cache', 'true', 'false, or an object with "max", "allowTtl" and "denyTtl"'],
  [{ cache: { max: 1, allowTtl: 1 } }, 'cache.denyTtl', 'nothing', MS],
  [{ cache: { ...cache, staleTtl: -1 } }, 'cache.staleTtl', '-1', MS],
  [{ cache: { ...cache, store: {} } }, 'cache.store', nothing, 'a store with get, set and clear'],
  [{ coalesce: 'yes' }, 'coalesce', '"yes"', 'true or false'],
  [{ input: 5 }, 'input', '5', 'an object with "shape", "subject", "headers", "body"'],
  [{ input: { shape: 'x' } }, 'input.shape', '"x"', 'a function, or one of "default"'],
  [
    { input: { subject: 'x' } },
    'input.subject',
    '"x"',
    'a function of the execution context, or a list of fields',
  ],
  [{ input: { subject: [] } }, 'input.subject', 'a list', 'at least one field'],
  [{ input: { subject: [5] } }, 'input.subject.0', '5', 'the name of a field'],
  [{ input: { headers: [5] } }, 'input.headers.0', '5', 'a header name'],
  [{ input: { headers: ['x a'] } }, 'input.headers.0', '"x a"', 'a header name'],
  [{ input: { body: true } }, 'input.body', 'true', 'false, or an object with "maxBytes"'],
  [{ input: { body: { maxBytes: 0 } } }, 'input.body.maxBytes', '0', 'a whole number of at least 1'],
  [{ input: { maxBytes: 0 } }, 'input.maxBytes', '0', 'a whole number of at least 1'],
  [{ input: { maxResponseBytes: '1MB' } }, 'input.maxResponseBytes', '"1MB"', 'a whole number of at least 1'],
  [{ policyHeaders: 'x-a' }, 'policyHeaders', '"x-a"', 'a list of header names'],
  [{ policyHeaders: ['x a'] }, 'policyHeaders.0', '"x a"', 'a header name, which may end in *'],
  [{ unguarded: true }, 'unguarded', 'true', 'one of "deny", "allow"'],
  [{ audit: 1 }, 'audit', '1', 'true or false'],
  [{ verifyPolicies: 'yes' }, 'verifyPolicies', '"yes"', 'true, false or "warn"'],
  [{ warmup: true }, 'warmup', 'true', 'false, or a whole number of at least 1'],
  [{ ready: 1 }, 'ready', '1', 'true or false'],
  [{ shutdownTimeout: -1 }, 'shutdownTimeout', '-1', `${MS}0`],
  [{ name: '' }, 'name', '""', 'the name of an instance'],
  [{ isGlobal: 'yes' }, 'isGlobal', '"yes"', 'true or false'],
];

/** Names that no option has, at each depth. */
const UNKNOWN: [given: unknown, name: string][] = [
  [{ urls: 'http://opa' }, 'urls'],
  [{ pool: { size: 1 } }, 'pool.size'],
  [{ tls: { rejectUnauthorized: false } }, 'tls.rejectUnauthorized'],
  [{ retry: { times: 3 } }, 'retry.times'],
  [{ circuitBreaker: { timeout: 3 } }, 'circuitBreaker.timeout'],
  [{ cache: { ...cache, ttl: 1 } }, 'cache.ttl'],
  [{ input: { query: true } }, 'input.query'],
  [{ input: { body: { maxBytes: 1, type: 'json' } } }, 'input.body.type'],
];

/** Options that are right alone and wrong together. */
const TOGETHER: [given: unknown, message: string][] = [
  [
    { timeout: 100, pool: { connectTimeout: 200 } },
    '"pool.connectTimeout" (200) is above "timeout" (100); give at most 100',
  ],
  [
    { pool: { connectTimeout: 1_001 } },
    '"pool.connectTimeout" (1001) is above "timeout" (1000); give at most 1000',
  ],
  [
    { pool: { maxSockets: 5, maxFreeSockets: 6 } },
    '"pool.maxFreeSockets" (6) is above "pool.maxSockets" (5); give at most 5',
  ],
  [
    { pool: { maxFreeSockets: 101 } },
    '"pool.maxFreeSockets" (101) is above "pool.maxSockets" (100); give at most 100',
  ],
  [
    { retry: { minDelay: 300, maxDelay: 100 } },
    '"retry.minDelay" (300) is above "retry.maxDelay" (100); give at most 100',
  ],
  [{ engine: new TestEngine(), url: 'http://opa' }, '"engine" was given together with "url" or "bundle"'],
  [{ onUnavailable: 'bundle', url: 'http://opa' }, '"onUnavailable" is "bundle" without both'],
  [{ onUnavailable: 'bundle', bundle: 'b.tar.gz' }, '"onUnavailable" is "bundle" without both'],
  [
    { url: 'http://opa:8181/v1/data' },
    '"url" was given "http://opa:8181/v1/data", but the module adds "/v1/data" and the policy path to it; give "http://opa:8181"',
  ],
  [{ url: 'https://opa/base/v1/data/' }, 'and the policy path to it; give "https://opa/base"'],
  [{ url: 'http://opa/v1/data/orders/read' }, 'and the policy path to it; give "http://opa"'],
  [{ url: ['http://opa', 'http://b/v1/data'] }, '"url" was given "http://b/v1/data"'],
  [
    { url: undefined },
    '"url" is undefined, and no other option names an engine; set "url", or leave it out to use http://127.0.0.1:8181',
  ],
  [{ bundle: undefined }, '"bundle" is undefined, and no other option names an engine'],
  [{ url: undefined, bundle: undefined, engine: undefined }, '"bundle" is undefined'],
  [
    { input: { maxBytes: 10, body: { maxBytes: 11 } } },
    '"input.body.maxBytes" (11) is above "input.maxBytes" (10)',
  ],
  [{ tls: { cert: 'c' } }, 'only one of "tls.cert" and "tls.key" was given'],
];

afterEach(() => void jest.restoreAllMocks());

describe('invalid options stop the start with the code OPA_BAD_OPTIONS', () => {
  it.each(WRONG)('%j: the message names "%s", shows %s, and says what is accepted', async (...row) => {
    const [options, option, shown, accepted] = row;
    const { code, message } = await refusal(start(options));
    expect(code).toBe('OPA_BAD_OPTIONS');
    expect(message).toContain(`OpaModule: option "${option}" was given ${shown}, but takes ${accepted}`);
    expect(message).not.toMatch(/s3|cret|Invalid input/);
    expect(message.split('option "')).toHaveLength(2);
  });

  it.each(UNKNOWN)('%j: unknown options are refused, here "%s"', async (options, name) => {
    const { code, message } = await refusal(start(options));
    expect({ code, message }).toEqual({
      code: 'OPA_BAD_OPTIONS',
      message: `OpaModule: option "${name}" is not known; take it out or correct its name.`,
    });
  });

  it.each(TOGETHER)('%j: %s', async (options, expected) => {
    const { code, message } = await refusal(start(options));
    expect(code).toBe('OPA_BAD_OPTIONS');
    expect(message).toContain(expected);
  });

  it('with one message for all invalid options', async () => {
    const { message } = await refusal(start({ timeout: -5, more: 1, retry: { retries: -1 } }));
    expect(message).toMatch(/^OpaModule: [^\n]*"timeout"[^\n]*"retry.retries"[^\n]*"more"[^\n]*\.$/);
  });

  const factory = { useFactory: () => ({}) };

  it.each([
    ['a name that nothing has', { ...factory, isglobal: false }, 'option "isglobal" is not known'],
    ['nothing that gives them', { isGlobal: true }, 'but was given none'],
    ['two that give them', { ...factory, useClass: class {} }, 'but was given useFactory and useClass'],
  ])('when forRootAsync receives %s', (_name, argument, expected) => {
    const wrong = expect.objectContaining({
      code: 'OPA_BAD_OPTIONS',
      message: expect.stringContaining(expected),
    });
    expect(() => OpaModule.forRootAsync(argument as never)).toThrow(wrong);
  });

  it.each([undefined, null, 5, 'url', []])('when a factory returns %j as options', async (options) => {
    const imports = [OpaModule.forRootAsync({ useFactory: () => options as unknown as OpaModuleOptions })];
    const { code, message } = await refusal(Test.createTestingModule({ imports }).compile());
    expect(code).toBe('OPA_BAD_OPTIONS');
    expect(message).toContain('OpaModule: the options were given as');
  });
});

describe('valid options', () => {
  it.each([
    ['none at all', {}],
    ['undefined ones, which have their defaults', { timeout: undefined, pool: undefined }],
    ['an engine that is not given beside one that is', { url: 'http://opa', bundle: undefined }],
    ['the other way round', { url: undefined, engine: new TestEngine() }],
    ['a timeout below the default of pool.connectTimeout, which is clamped', { timeout: 100 }],
    ['fewer sockets than the default of pool.maxFreeSockets, which is clamped', { pool: { maxSockets: 5 } }],
    ['a shorter retry.maxDelay than the default minDelay, which is clamped', { retry: { maxDelay: 10 } }],
    ['the longest times that a timer can hold', { timeout: 2 ** 31 - 1, shutdownTimeout: 2 ** 31 - 1 }],
    ['a breaker that opens when all fail', { circuitBreaker: { threshold: 1 } }],
    ['nobody to wait', { pool: { maxPending: 0, maxFreeSockets: 0 } }],
    ['each switched off', { retry: false, circuitBreaker: false, cache: false, input: { body: false } }],
  ])('are accepted: %s', async (_name, options) => {
    const module = await start(options);
    expect(module.get(OpaService)).toBeInstanceOf(OpaService);
    await module.close();
  });

  it('may be getters of a class', async () => {
    class Options implements OpaModuleOptions {
      get engine() {
        return new TestEngine({ 'a/b': true });
      }
      get policy() {
        return ['a', 'b'].join('/');
      }
    }
    const imports = [OpaModule.forRootAsync({ useFactory: () => new Options() })];
    const module = await Test.createTestingModule({ imports }).compile();
    await expect(module.get(OpaService).decide({ input: {} })).resolves.toMatchObject({ policy: 'a/b' });
    await module.close();
  });

  it('are never modified', async () => {
    const options = Object.freeze({ pool: Object.freeze({ maxSockets: 5 }), retry: Object.freeze({}) });
    const module = await start(options);
    await module.close();
    expect(options).toEqual({ pool: { maxSockets: 5 }, retry: {} });
  });

  it.each([
    ['stale without a grace', { onUnavailable: 'stale', cache }, '"onUnavailable" is "stale"'],
    [
      'a body above the default bound of inputs',
      { input: { body: { maxBytes: 2 ** 22 } } },
      '"input.body.maxBytes" (4194304) is above "input.maxBytes" (2097152)',
    ],
    ['tls without https', { tls: {}, url: 'http://127.0.0.1:1' }, 'no "url" is https://'],
  ])('that have no effect cause a warning: %s', async (_name, options, warning) => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
    const module = await start(options);
    await module.close();
    expect(warn.mock.calls.flat().join()).toContain(warning);
  });
});
