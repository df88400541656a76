import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { loadConfig } from '../../../src/config/index.js';
import { Cleanup } from '../support/cleanup.js';
import { send } from '../support/client.js';
import { failToStart, startGateway, startGatewayWith, writeConfig } from '../support/gateway-process.js';
import { startOpa } from '../support/opa-process.js';
import type { OpaProcess } from '../support/opa-process.js';
import { startServer } from '../support/upstream.js';
import type { TestServer } from '../support/upstream.js';
import { post, tool } from './support/mcp-gateway.js';
import type { Keys } from './support/plugin-gateway.js';
import { KIND, onTool, plugin, POLICIES, writePlugin } from './support/plugin-gateway.js';
import { reply, textResult, startScripted } from './support/scripted-server.js';
import type { ScriptedServer } from './support/scripted-server.js';

const shared = new Cleanup();
const cleanup = new Cleanup();
afterEach(() => cleanup.run());
afterAll(() => shared.run());

let opa: OpaProcess;
let upstream: ScriptedServer;
beforeAll(async () => {
  opa = shared.add(await startOpa({ rego: POLICIES }), ({ kill }) => kill());
  upstream = shared.add(await startScripted(), ({ close }) => close());
  upstream.respond = ({ message }, response) => reply(response, textResult(message, 'ok'));
});

/** An address where nobody listens. */
const UNREACHABLE = 'http://127.0.0.1:9';
const tools = (policy: string, name = 'x') => ({ tools: [onTool(name, policy)] });
const withOpa = (opa_base_url: string) => ({ config: { opa_base_url } });

const start = async (files: Readonly<Record<string, readonly Keys[]>>, config: object = {}) => {
  const mcp = [];
  for (const [name, plugins] of Object.entries(files)) {
    mcp.push({ name, url: `${upstream.url}/mcp`, plugin: await writePlugin(cleanup, { plugins }) });
  }
  return cleanup.add(await startGateway({ mcp, ...config }), ({ end }) => end());
};
const codeOf = async (port: number, name: string, toolName = 'x'): Promise<number | undefined> => {
  const response = await post(port, tool(toolName), { path: `/mcp/${name}` });
  return (response.json() as { error?: { code: number } }).error?.code;
};
const readiness = async (port: number) => (await send(port, { path: '/health/ready' })).status;

describe('a gateway with plugin files', () => {
  it('decides each entry by every plugin of its own file', async () => {
    const { port } = await start(
      {
        yes: [plugin(tools('yes'))],
        no: [plugin(tools('yes')), plugin(tools('no'), { name: 'second' })],
        same: [plugin(tools('no')), plugin(tools('yes'))],
        other: [plugin(tools('no', 'y'))],
      },
      { opa: { url: opa.url } },
    );
    expect(await codeOf(port, 'yes')).toBeUndefined();
    expect(await codeOf(port, 'no')).toBe(-32001);
    expect(await codeOf(port, 'same')).toBe(-32001);
    expect([await codeOf(port, 'other'), await codeOf(port, 'other', 'y')]).toEqual([undefined, -32001]);
  });

  it('finds the file beside its own', async () => {
    const text = `
opa: { url: ${opa.url} }
mcp:
  - { name: up, url: ${upstream.url}/mcp, plugin: ./contextforge-opa.yaml }`;
    const { file } = cleanup.add(await writeConfig(text), ({ remove }) => remove());
    await writeFile(
      join(dirname(file), 'contextforge-opa.yaml'),
      JSON.stringify({ plugins: [plugin(tools('no'))] }),
    );
    const { port } = cleanup.add(await startGatewayWith({ GATEWAY_CONFIG: file }), ({ end }) => end());
    expect(await codeOf(port, 'up')).toBe(-32001);
  });

  it('queries the OPA of the file, with or without a last slash and /v1/data', async () => {
    const forms = { a: '', b: '/', c: '/v1/data', d: '/v1/data/' };
    const files = Object.entries(forms).map(([name, path]) => [
      name,
      [plugin(tools('no'), withOpa(opa.url + path))],
    ]);
    const { port } = await start(Object.fromEntries(files) as Record<string, Keys[]>);
    for (const name of Object.keys(forms)) expect(await codeOf(port, name)).toBe(-32001);
  });

  it("queries the OPA of the gateway's own option, and warns that the file's OPA has no effect", async () => {
    const { port, output } = await start(
      { up: [plugin(tools('yes'), withOpa(UNREACHABLE))] },
      { opa: { url: opa.url } },
    );
    expect(await codeOf(port, 'up')).toBeUndefined();
    expect(output()).toMatch(/mcp up: .*contextforge-opa\.yaml: plugin "opa": opa_base_url/);
  });

  it('uses the modes of its plugins, and warns of each mode but "enforce"', async () => {
    const modes = { sequential: -32001, transform: -32001, permissive: undefined, disabled: undefined };
    const files = ['enforce', ...Object.keys(modes)].map((mode) => [
      mode,
      [plugin(tools('no'), { mode, ...withOpa(mode === 'disabled' ? UNREACHABLE : opa.url) })],
    ]);
    const { port, output } = await start(Object.fromEntries(files) as Record<string, Keys[]>);
    expect(await codeOf(port, 'enforce')).toBe(-32001);
    expect(output()).not.toContain('mode "enforce"');
    for (const [mode, code] of Object.entries(modes)) {
      expect([mode, await codeOf(port, mode)]).toEqual([mode, code]);
      expect(output()).toContain(`plugin "opa": mode "${mode}"`);
    }
  });

  it('warns of settings that have no effect or are unsafe', async () => {
    const conditions = [{ tenant_ids: ['t'] }];
    const mode = 'permissive';
    const { output } = await start({
      up: [plugin(tools('yes'), { ...withOpa(opa.url), conditions, mode }), { name: 'y', kind: 'external' }],
    });
    expect(output()).toMatch(
      /WARN.*mcp up: .*contextforge-opa\.yaml: plugin "opa": conditions has no effect/,
    );
    expect(output()).toMatch(/WARN.*mode "permissive" blocks nothing/);
    expect(output()).toMatch(/WARN.*plugin "y" has no effect here: its kind is "external"/);
  });
});

describe('readiness', () => {
  let queried: string[];
  let standIn: TestServer;
  beforeAll(async () => {
    standIn = shared.add(
      await startServer(({ url = '' }, response) => {
        queried.push(url);
        response.writeHead(503).end();
      }),
      ({ close }) => close(),
    );
  });
  it('queries the OPA of each plugin, and no other', async () => {
    const { port } = await start({
      a: [plugin(tools('nowhere'), withOpa(opa.url))],
      b: [plugin({}, withOpa(opa.url))],
    });
    expect(await readiness(port)).toBe(200);
    const half = await start({
      a: [plugin(tools('yes'), withOpa(opa.url)), plugin(tools('yes'), withOpa(UNREACHABLE))],
    });
    expect(await readiness(half.port)).toBe(503);
  });

  it('does not wait for an OPA that no entry uses', async () => {
    const { port } = await start(
      { a: [plugin(tools('yes'), withOpa(opa.url))] },
      { opa: { ready: true, warmup: 1, verifyPolicies: true } },
    );
    expect(await readiness(port)).toBe(200);
  });

  it.each<[string, readonly Keys[], object]>([
    ['a plugin without an address', [plugin(tools('yes'))], {}],
    [
      'a plugin without an address beside one',
      [plugin(tools('yes')), plugin(tools('yes'), withOpa('http://h'))],
      {},
    ],
    [
      'an entry without a plugin',
      [plugin(tools('yes'))],
      { upstreams: [{ name: 'up', url: UNREACHABLE, policy: 'a' }] },
    ],
  ])("queries the gateway's own OPA for %s", async (_name, plugins, config) => {
    queried = [];
    const { port } = await start({ a: plugins }, { opa: { url: standIn.url }, ...config });
    expect([await readiness(port), queried]).toEqual([503, [expect.stringMatching(/^\/health/)]]);
  });

  it('does not query OPA for a disabled plugin', async () => {
    const { port } = await start({
      a: [plugin(tools('yes'), { mode: 'disabled', ...withOpa(UNREACHABLE) })],
    });
    expect(await readiness(port)).toBe(200);
  });
});

describe('an invalid plugin file stops the start with one line and exit code 1', () => {
  it.each<[string, readonly unknown[] | string]>([
    ["lets a call pass when it can't be decided", [plugin(tools('yes'), { mode: 'enforce_ignore_error' })]],
    ['plugins[1].mode', [plugin(tools('yes')), { name: 'o', kind: 'external', mode: 'audit' }]],
    [
      'plugins[0].applied_to.tools[0].extensions.policy',
      [plugin({ tools: [{ tool_name: 'x', extensions: {} }] })],
    ],
    ['plugins[0].config.opa_url', [plugin(tools('yes'), { config: { opa_url: UNREACHABLE } })]],
    [
      'plugins[0].config.opa_client_timeout',
      [plugin(tools('yes'), { config: { opa_client_timeout: '2h' } })],
    ],
    [KIND, [{ name: 'x', kind: 'external' }]],
    ['at line 1', 'plugins: ['],
  ])('%s', async (message, content) => {
    const file = await writePlugin(cleanup, typeof content === 'string' ? content : { plugins: content });
    const mcp = [{ name: 'up', url: upstream.url, plugin: file }];
    const configFile = cleanup.add(await writeConfig(JSON.stringify({ mcp })), ({ remove }) => remove());
    const { code, output } = await failToStart({ GATEWAY_CONFIG: configFile.file });
    expect(output).toContain(file);
    expect(output).toContain(message);
    expect([output.trim().split('\n').length, code]).toEqual([1, 1]);
  });

  it('a file that is not there', async () => {
    const text = `mcp: [{ name: up, url: ${upstream.url}, plugin: none.yaml }]`;
    const { file } = cleanup.add(await writeConfig(text), ({ remove }) => remove());
    const { code, output } = await failToStart({ GATEWAY_CONFIG: file });
    expect([code, output]).toEqual([1, expect.stringContaining(join(dirname(file), 'none.yaml'))]);
  });

  it.each(['policy', 'response', 'list', 'shape'])('%s beside it', async (key) => {
    const plugin = {
      name: 'up',
      url: upstream.url,
      plugin: 'p.yaml',
      [key]: key === 'shape' ? 'coaz' : 'a/b',
    };
    const text = JSON.stringify({ mcp: [plugin] });
    const { file } = cleanup.add(await writeConfig(text), ({ remove }) => remove());
    await expect(loadConfig(file, {})).rejects.toThrow(`mcp[0].${key}: no value beside "plugin"`);
  });
});
