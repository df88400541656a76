import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { post } from '../../test/gateway/mcp/support/mcp-gateway.js';
import { reply, textResult, startScripted } from '../../test/gateway/mcp/support/scripted-server.js';
import type { ScriptedServer } from '../../test/gateway/mcp/support/scripted-server.js';
import { Cleanup } from '../../test/gateway/support/cleanup.js';
import { startGatewayWith } from '../../test/gateway/support/gateway-process.js';
import type { GatewayProcess } from '../../test/gateway/support/gateway-process.js';
import { startOpa } from '../../test/gateway/support/opa-process.js';

describe("the example with the original plugin's file", () => {
  const cleanup = new Cleanup();
  let server: ScriptedServer;
  let gateway: GatewayProcess;
  beforeAll(async () => {
    server = cleanup.add(await startScripted(), ({ close }) => close());
    const rego = await readFile(new URL('policy.rego', import.meta.url), 'utf8');
    const opa = cleanup.add(await startOpa({ rego: { 'policy.rego': rego } }), ({ kill }) => kill());
    const env = {
      GATEWAY_CONFIG: fileURLToPath(new URL('gateway.yaml', import.meta.url)),
      GIT_SERVER: `${server.url}/mcp`,
      OPA_URL: opa.url,
    };
    gateway = cleanup.add(await startGatewayWith(env), ({ end }) => end());
  });
  afterAll(() => cleanup.run());

  it.each([
    ['path/IBM', 'clean', { result: { content: [{ type: 'text', text: 'clean' }] } }],
    ['path/BIM', 'clean', { error: { code: -32001 } }],
    ['path/IBM', 'by ann@example.com', { error: { code: -32001, data: { reasons: [expect.any(String)] } } }],
  ])('decides about %s and its result %j', async (repo_path, text, answer) => {
    server.respond = ({ message }, response) => reply(response, textResult(message, text));
    const params = { name: 'git-status', arguments: { repo_path } };
    const body = { jsonrpc: '2.0', id: 1, method: 'tools/call', params };
    expect((await post(gateway.port, body, { path: '/mcp/git' })).json()).toMatchObject(answer);
  });

  it('says at the start what has no effect', () => {
    expect(gateway.output()).toContain('plugin_dirs has no effect here');
    expect(gateway.output()).toContain("context comes from the client's own request, unverified");
  });
});
