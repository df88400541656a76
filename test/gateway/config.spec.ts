import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../src/config/index.js';
import { Cleanup } from './support/cleanup.js';
import { failToStart, writeConfig } from './support/gateway-process.js';

const cleanup = new Cleanup();
afterEach(() => cleanup.run());

const UPSTREAM = `
upstreams:
  - { name: orders, url: http://127.0.0.1:4000, policy: a/b }`;

/** A few lines that would be a hundred million values. */
const ALIAS_BOMB = [
  'a0: &a0 [x, x, x, x, x, x, x, x, x, x]',
  ...Array.from({ length: 8 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(', ')}]`),
].join('\n');

async function fileOf(text: string): Promise<string> {
  return cleanup.add(await writeConfig(text), ({ remove }) => remove()).file;
}

const load = async (text: string, env: Record<string, string> = {}) => loadConfig(await fileOf(text), env);

describe('the configuration file', () => {
  it('has defaults for everything but the upstreams', async () => {
    expect(await load(UPSTREAM)).toEqual({
      listen: {
        host: '127.0.0.1',
        port: 3000,
        requestTimeout: 30_000,
        maxHeaderBytes: 16_384,
        maxBufferedBytes: 67_108_864,
        trustProxy: [],
      },
      opa: {},
      upstreams: [
        {
          name: 'orders',
          url: 'http://127.0.0.1:4000',
          policy: 'a/b',
          timeout: 5000,
          forwardToken: false,
          forwardHeaders: [],
        },
      ],
      mcp: [],
    });
  });

  it('takes variables of the environment, in block and flow style', async () => {
    const text = `
listen: { port: \${MY_PORT:-4100}, host: "\${MY_HOST}" }
opa: { timeout: \${MY_TIMEOUT:-500}, token: "\${DIGITS}", policy: \${UNSET:-a}/\${DIGITS} } # \${NOT_READ}
upstreams:
  - name: orders
    url: http://\${MY_HOST}:\${EMPTY:-81}/x`;
    const config = await load(text, { MY_HOST: '127.0.0.2', DIGITS: '007', MY_TIMEOUT: '250', EMPTY: '' });
    expect(config.listen).toMatchObject({ port: 4100, host: '127.0.0.2' });
    expect(config.opa).toEqual({ timeout: 250, token: '007', policy: 'a/007' });
    expect(config.upstreams[0]?.url).toBe('http://127.0.0.2:81/x');
  });

  it("cannot be changed by a variable's value", async () => {
    const config = await load(`${UPSTREAM}\nopa: { token: \${TOKEN} }`, {
      TOKEN: 'x, url: http://evil }\n#',
    });
    expect(config.opa).toEqual({ token: 'x, url: http://evil }\n#' });
  });

  it('gives paths relative to itself', async () => {
    const file = await fileOf(`
opa:
  bundle: policies/bundle.tar.gz
  token: { file: ../token }
  tls: { ca: ca.pem, cert: /etc/cert.pem, key: "-----BEGIN PRIVATE KEY-----" }
auth: { jwks: ./keys.json, issuer: i, audience: a }
mcp: [{ name: demo, url: http://h/mcp, plugin: plugin.yaml }]${UPSTREAM}`);
    const { opa, auth, mcp } = await loadConfig(file, {});
    const here = dirname(file);
    expect(opa).toEqual({
      bundle: join(here, 'policies/bundle.tar.gz'),
      token: { file: join(here, '../token') },
      tls: { ca: join(here, 'ca.pem'), cert: '/etc/cert.pem', key: '-----BEGIN PRIVATE KEY-----' },
    });
    expect(auth?.jwks).toBe(join(here, 'keys.json'));
    expect(mcp[0]?.plugin).toBe(join(here, 'plugin.yaml'));
  });

  it('leaves URLs as they are', async () => {
    const { opa, auth } = await load(`
opa: { bundle: https://bundles.example/b.tar.gz }
auth: { jwks: https://issuer.example/jwks, issuer: i, audience: a }${UPSTREAM}`);
    expect(opa['bundle']).toBe('https://bundles.example/b.tar.gz');
    expect(auth?.jwks).toBe('https://issuer.example/jwks');
  });

  it('is overridden by HOST, PORT and OPA_URL, where they are not empty', async () => {
    const env = { HOST: '127.0.0.9', PORT: '0', OPA_URL: 'http://opa.example' };
    const url = 'http://opa.example';
    expect(await load(`opa: { url: http://x }${UPSTREAM}`, env)).toMatchObject({
      listen: { host: '127.0.0.9', port: 0 },
      opa: { url },
    });
    expect((await load(`opa: { url: http://x, bundle: /b }${UPSTREAM}`, env)).opa).toEqual({
      url,
      bundle: '/b',
    });
    expect((await load(`opa: { bundle: /b, timeout: 5 }${UPSTREAM}`, env)).opa).toEqual({ url, timeout: 5 });
    const none = { HOST: '', PORT: '', OPA_URL: '' };
    expect((await load(`opa: { bundle: /b }${UPSTREAM}`, none)).opa).toEqual({ bundle: '/b' });
  });
});

describe('a configuration that is wrong', () => {
  const entry = (text: string) => `upstreams: [{ name: orders, url: http://h, policy: a/b, ${text} }]`;
  const AUTH = `auth: { jwks: k, issuer: i, audience: a`;
  it.each(
    [
      ['', 'upstreams: '],
      ['- a', 'expected object'],
      ['upstreams: []', 'upstreams: give at least one upstream'],
      [`upstream: 1${UPSTREAM}`, 'upstream: unknown key'],
      [`listen: { prt: 1 }${UPSTREAM}`, 'listen.prt: unknown key'],
      [`listen: { port: 65536 }${UPSTREAM}`, 'listen.port: '],
      [`listen: { port: "80" }${UPSTREAM}`, 'listen.port: '],
      [`listen: { requestTimeout: 0 }${UPSTREAM}`, 'listen.requestTimeout: '],
      [`listen: { requestTimeout: 30s }${UPSTREAM}`, 'listen.requestTimeout: '],
      [`listen: { maxBufferedBytes: 0 }${UPSTREAM}`, 'listen.maxBufferedBytes: '],
      [`listen: { maxHeaderBytes: 100 }${UPSTREAM}`, 'listen.maxHeaderBytes: '],
      [`listen: { trustProxy: true }${UPSTREAM}`, 'listen.trustProxy: an IP address or a range'],
      [`listen: { trustProxy: [proxy.local] }${UPSTREAM}`, 'listen.trustProxy[0]: an IP address or a range'],
      [`listen: { trustProxy: 0.0.0.0/0 }${UPSTREAM}`, 'listen.trustProxy: an IP address or a range'],
      [`listen: { publicUrl: ftp://gw }${UPSTREAM}`, 'listen.publicUrl: an http:// or https:// URL'],
      [`listen: { publicUrl: "https://u:p@gw" }${UPSTREAM}`, 'listen.publicUrl: an http:// or https:// URL'],
      [`listen: { publicUrl: "https://gw?a" }${UPSTREAM}`, 'listen.publicUrl: an http:// or https:// URL'],
      [`listen: { publicUrl: "https://gw/a%20b" }${UPSTREAM}`, 'listen.publicUrl: a path of letters'],
      [`listen: { tls: { cert: c.pem } }${UPSTREAM}`, 'listen.tls.key: is missing'],
      [entry('audience: []'), 'upstreams[0].audience'],
      [entry('scopes: 1'), 'upstreams[0].scopes'],
      [entry('origins: ["https://app.example/path"]'), 'upstreams[0].origins[0]: an origin such as'],
      [entry('headers: { Host: h }'), 'upstreams[0].headers.Host: '],
      [entry('headers: { x-key: 1, X_Key: b }'), 'upstreams[0].headers'],
      [entry('tls: { ca: c.pem }'), 'upstreams[0].tls: '],
      [entry('auth: { type: basic }'), 'upstreams[0].auth'],
      [`auth: { jwks: k, issuer: i, audience: [] }${UPSTREAM}`, 'auth.audience'],
      [`${AUTH}, scopes: ["a b"] }${UPSTREAM}`, 'auth.scopes'],
      [`redis: { url: http://h }${UPSTREAM}`, 'redis.url'],
      [`mcp: [{ name: demo }]${UPSTREAM}`, 'mcp[0].url'],
      [`mcp: [{ name: demo, url: http://x/mcp }]${UPSTREAM}`, 'mcp[0].policy: give one here'],
      ['upstreams: []\nmcp: []', 'give at least one upstream, or one mcp entry'],
      [entry('polcy: x'), 'upstreams[0].polcy: unknown key'],
      [entry('timeout: 0'), 'upstreams[0].timeout: '],
      [entry('timeout: soon'), 'upstreams[0].timeout: '],
      [entry('name: ..'), 'Map keys must be unique'],
      ['upstreams: [{ name: "..", url: http://h, policy: a }]', 'upstreams[0].name: letters, digits'],
      ['upstreams: [{ name: a/b, url: http://h, policy: a }]', 'upstreams[0].name: letters, digits'],
      ['upstreams: [{ name: ":a", url: http://h, policy: a }]', 'upstreams[0].name: letters, digits'],
      [`upstreams: [{ name: a, url: http://h }]`, 'upstreams[0].policy: give one here'],
      ['upstreams: [{ name: a, url: http://h, policy: /a/../b }]', 'upstreams[0].policy: a policy path'],
      [
        'upstreams: [{ name: a, url: http://h, policy: a, response: "a//b" }]',
        'upstreams[0].response: a policy path',
      ],
      ['upstreams: [{ name: a, url: ftp://h, policy: a }]', 'upstreams[0].url: an http:// or https:// URL'],
      ['upstreams: [{ name: a, url: "http://h?x", policy: a }]', 'upstreams[0].url: '],
      ['upstreams: [{ name: a, url: "http://h#x", policy: a }]', 'upstreams[0].url: '],
      ['upstreams: [{ name: a, url: "http://u:p@h", policy: a }]', 'upstreams[0].url: '],
      ['upstreams: [{ name: a, url: nowhere, policy: a }]', 'upstreams[0].url: '],
      [
        'upstreams: [{ name: a, url: http://h, policy: a }, { name: a, url: http://i, policy: a }]',
        'upstreams[1].name: "a" is the name of another upstream too',
      ],
      [entry('forwardToken: true'), 'upstreams[0].forwardToken: needs auth'],
      [entry('forwardHeaders: x-real-ip'), 'upstreams[0].forwardHeaders: a list of header names'],
      [entry('forwardHeaders: ["x-*"]'), 'upstreams[0].forwardHeaders[0]: header names, none of'],
      [entry('forwardHeaders: [Host]'), 'upstreams[0].forwardHeaders[0]: header names, none of'],
      [entry('forwardHeaders: [Authorization]'), 'upstreams[0].forwardHeaders[0]: header names, none of'],
      [`auth: { jwks: k }${UPSTREAM}`, 'auth.issuer: '],
      [`${AUTH}, anonymous: 1 }${UPSTREAM}`, 'auth.anonymous: '],
      [`${AUTH}, realm: r }${UPSTREAM}`, 'auth.realm: unknown key'],
      [`opa: { input: { body: { maxBytes: 1 } } }${UPSTREAM}`, 'opa.input.body: the gateway streams bodies'],
      ['a: 1\na: 2', 'Map keys must be unique at line 2'],
      ['a: [', 'at line 1'],
      ['a: !secret b', 'Unresolved tag'],
      [ALIAS_BOMB, "its aliases can't be resolved: Excessive alias count"],
      [`opa: *nothing${UPSTREAM}`, "its aliases can't be resolved: Unresolved alias"],
      [`opa: ${'['.repeat(100_000)}`, 'Maximum call stack'],
      [`opa: { token: \${TOKEN} }${UPSTREAM}`, 'the environment variable TOKEN is not set'],
      [`opa: { token: \${EMPTY} }${UPSTREAM}`, 'the environment variable EMPTY is not set'],
      [`opa: { token: \${A B} }${UPSTREAM}`, '${A B} is neither ${NAME} nor ${NAME:-default}'],
      [`opa: { \${EMPTY:-url}: x }${UPSTREAM}`, 'a key must not have'],
    ].map(([text, message]) => ({ text, message })),
  )('$message', async ({ text = '', message = '' }) => {
    const file = await fileOf(text);
    const error = await loadConfig(file, { EMPTY: '' }).catch((thrown: unknown) => thrown as Error);
    expect(error).toMatchObject({ name: 'ConfigError', message: expect.stringContaining(message) });
    expect((error as Error).message).toMatch(new RegExp(`^${file}: [^\n]+$`));
  });

  it.each(['http', '-1', '65536', '1e3'])('a PORT of %s', async (PORT) => {
    await expect(load(UPSTREAM, { PORT })).rejects.toThrow('is not a port');
  });
});

describe('a gateway that cannot start prints one line and exits with code 1', () => {
  const held = createServer();
  const listening = new Promise<void>((resolve) => held.listen(0, '127.0.0.1', resolve));
  afterAll(() => void held.close());

  const expectOneLine = ({ code, output }: { code: number | null; output: string }, message: string) => {
    expect(output).toContain(message);
    expect(output.trim().split('\n')).toHaveLength(1);
    expect(code).toBe(1);
  };

  it('no file', async () => {
    expectOneLine(
      await failToStart({ GATEWAY_CONFIG: '/not/there.yaml' }),
      '/not/there.yaml: cannot be read',
    );
  });

  it.each(
    [
      [`nonsense: 1${UPSTREAM}`, 'nonsense: unknown key'],
      [`opa: { bundle: missing.tar.gz }${UPSTREAM}`, 'missing.tar.gz'],
      [`opa: { tiemout: 1 }${UPSTREAM}`, 'tiemout'],
      [`opa: { policyHeaders: 7 }${UPSTREAM}`, 'policyHeaders'],
      [UPSTREAM.replace('a/b', '../b'), 'upstreams[0].policy: a policy path'],
      [`auth: { jwks: none.json, issuer: i, audience: a }${UPSTREAM}`, "none.json can't be read (ENOENT)"],
      [`auth: { jwks: gateway.yaml, issuer: i, audience: a }${UPSTREAM}`, 'gateway.yaml is not a JWKS file'],
    ].map(([text, message]) => ({ text, message })),
  )('$message', async ({ text = '', message = '' }) => {
    expectOneLine(await failToStart({ GATEWAY_CONFIG: await fileOf(text) }), message);
  });

  it('a port that is in use', async () => {
    await listening;
    const PORT = String((held.address() as AddressInfo).port);
    expectOneLine(
      await failToStart({ GATEWAY_CONFIG: await fileOf(UPSTREAM), PORT }),
      `port ${PORT} of 127.0.0.1 is in use`,
    );
  });
});
