import { describe, expect, it } from '@jest/globals';
import { pluginModuleOptions } from '../../src/contextforge/module-options.js';
import type { Keys } from './support.js';
import { applied, cleanUp, enforcerOf, toolEntry } from './support.js';

const plugin = (config: Keys, more: Keys = {}) => {
  const [parsed] = applied({ tools: [toolEntry()] }, { config, ...more }).plugins;
  if (parsed === undefined) throw new Error('The file has no plugin.');
  return parsed;
};
const options = (opa: object, config: Keys, more: Keys = {}): unknown =>
  pluginModuleOptions(opa, plugin(config, more)).options;

describe("the module's options with a plugin's file", () => {
  it.each(['http://opa:8181', 'http://opa:8181/', 'http://opa:8181/v1/data', 'http://opa:8181/v1/data/'])(
    'take %s as the same address',
    (opa_base_url) => {
      expect(options({}, { opa_base_url })).toEqual({ url: 'http://opa:8181' });
    },
  );

  it('are the gateway’s own options object when the file adds nothing', () => {
    const opa = { url: 'http://a', token: 't' };
    expect(options(opa, {})).toBe(opa);
    expect(options(opa, { opa_base_url: 'http://b' })).toBe(opa);
  });

  it.each<[string, Keys, Keys, Keys]>([
    ['url', { url: 'http://a' }, { opa_base_url: 'http://b' }, { url: 'http://a' }],
    ['bundle', { bundle: 'b.tar.gz' }, { opa_base_url: 'http://b' }, { bundle: 'b.tar.gz' }],
    ['timeout', { timeout: 100 }, { opa_client_timeout: '2s' }, { timeout: 100 }],
    ['retry: false', { retry: false }, { opa_client_retries: 3 }, { retry: false }],
    ['retry.retries', { retry: { retries: 1 } }, { opa_client_retries: 4 }, { retry: { retries: 1 } }],
    [
      'retry.minDelay',
      { retry: { minDelay: 5 } },
      { opa_client_retries: 4 },
      { retry: { retries: 3, minDelay: 5 } },
    ],
    [
      'pool.maxPending',
      { pool: { maxPending: 1 } },
      { opa_client_max_connections: 7, opa_client_keepalive_expiry: '1s' },
      { pool: { maxPending: 1, maxSockets: 7, freeSocketTimeout: 1_000 } },
    ],
    [
      'pool.maxSockets',
      { pool: { maxSockets: 10 } },
      { opa_client_max_connections: 50, opa_client_max_keepalive: 20 },
      { pool: { maxSockets: 10, maxFreeSockets: 10 } },
    ],
    [
      'pool.maxFreeSockets',
      { pool: { maxFreeSockets: 50 } },
      { opa_client_max_connections: 20 },
      { pool: { maxSockets: 20, maxFreeSockets: 20 } },
    ],
    [
      'pool.connectTimeout',
      { pool: { connectTimeout: 500 } },
      { opa_client_timeout: '100ms' },
      { timeout: 100, pool: { connectTimeout: 100 } },
    ],
    [
      'pool.connectTimeout and timeout',
      { timeout: 700, pool: { connectTimeout: 500 } },
      { opa_client_timeout: '100ms' },
      { timeout: 700, pool: { connectTimeout: 500 } },
    ],
  ])('keep the gateway’s own %s, and add the other options of the file', (_name, opa, config, merged) => {
    expect(options(opa, config)).toEqual(merged);
  });

  it('count tries, including the first', () => {
    expect(options({}, { opa_client_retries: 1 })).toEqual({ retry: { retries: 0 } });
    expect(options({}, { opa_client_retries: 3 })).toEqual({ retry: { retries: 2 } });
  });

  it('take the mode of the file, unless the gateway has a mode', () => {
    expect(options({}, {}, { mode: 'permissive' })).toEqual({ mode: 'permissive' });
    expect(options({}, {}, { mode: 'disabled' })).toEqual({ mode: 'disabled' });
    expect(options({}, {}, { mode: 'sequential' })).toEqual({});
    expect(options({ mode: 'enforce' }, {}, { mode: 'permissive' })).toEqual({ mode: 'enforce' });
  });

  it('warn of settings of the file that have no effect', () => {
    const filePlugin = plugin({ opa_base_url: 'http://b' }, { mode: 'permissive' });
    expect(pluginModuleOptions({ bundle: 'b', mode: 'enforce' }, filePlugin).warnings).toEqual([
      'plugin "opa": opa_base_url has no effect: the gateway\'s own options select the OPA.',
      'plugin "opa": mode "permissive" has no effect: the gateway\'s own option "mode" is "enforce".',
    ]);
  });

  it.each<[string, Keys, Keys]>([
    ['a pool of no object', { pool: 7 }, { opa_client_max_connections: 7, opa_client_timeout: '1s' }],
    [
      'more free sockets than sockets',
      { pool: { maxSockets: 1, maxFreeSockets: 2 } },
      { opa_client_max_connections: 9 },
    ],
    ['an engine of no kind', { retry: 7 }, { opa_client_retries: 3 }],
  ])('leave a wrong option to the checks of the module: %s', (_name, opa, config) => {
    expect(options(opa, config)).toMatchObject(opa);
  });

  it.each(['12.5ms', '2m'])('are accepted by the module: %s', async (time) => {
    const config = {
      opa_base_url: 'http://127.0.0.1:9/v1/data',
      opa_client_retries: 1,
      opa_client_timeout: time,
      opa_client_max_keepalive: 200,
      opa_client_keepalive_expiry: time,
    };
    const file = applied({ tools: [toolEntry()] }, { config });
    await expect(enforcerOf(file, { pool: { connectTimeout: 900 } })).resolves.toMatchObject({
      before: expect.any(Function) as unknown,
    });
    await cleanUp();
  });

  it('do not change the gateway’s own options object', () => {
    const opa = Object.freeze({ pool: Object.freeze({ maxPending: 1 }) });
    expect(options(opa, { opa_client_max_connections: 7 })).toEqual({
      pool: { maxPending: 1, maxSockets: 7 },
    });
    expect(opa).toEqual({ pool: { maxPending: 1 } });
  });
});
