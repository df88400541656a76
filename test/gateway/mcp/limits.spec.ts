import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Cleanup } from '../support/cleanup.js';
import { send } from '../support/client.js';
import { startGateway } from '../support/gateway-process.js';
import type { GatewayProcess } from '../support/gateway-process.js';
import { startOpa } from '../support/opa-process.js';
import { HEADERS, tool } from './support/mcp-gateway.js';
import { reply, textResult, startScripted } from './support/scripted-server.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

let gateway: GatewayProcess;
beforeAll(async () => {
  const rego = await readFile(new URL('../../../examples/limits/policy.rego', import.meta.url), 'utf8');
  const opa = cleanup.add(await startOpa({ rego: { 'policy.rego': rego } }), ({ kill }) => kill());
  const upstream = cleanup.add(await startScripted(), ({ close }) => close());
  upstream.respond = ({ message }, response) => reply(response, textResult(message, 'fine'));
  const mcp = ['error', 'http', 'result'].map((denial) => {
    const policies = { policy: 'limits/mcp', response: 'limits/mcp' };
    return { name: denial, url: `${upstream.url}/mcp`, denial, ...policies };
  });
  gateway = cleanup.add(await startGateway({ opa: { url: opa.url, timeout: 10_000 }, mcp }), ({ end }) =>
    end(),
  );
});

it.each([
  ['error', 200, false],
  ['http', 429, true],
  ['result', 200, false],
])('the example policy limits each tool, with denial %s', async (denial, status, hasHeader) => {
  const callTool = (name: string) =>
    send(gateway.port, {
      path: `/mcp/${denial}`,
      method: 'POST',
      headers: HEADERS,
      body: JSON.stringify(tool(`${denial}-${name}`)),
    });
  for (let i = 0; i < 2; i++) expect((await callTool('a')).text).toContain('fine');
  const third = await callTool('a');
  expect([third.status, 'retry-after' in third.headers]).toEqual([status, hasHeader]);
  const retryAfter: unknown = expect.any(Number);
  expect(third.json()).toMatchObject({
    id: 1,
    error: { code: -32029, message: 'Too many requests', data: { retryAfter } },
  });
  expect((await callTool('b')).text).toContain('fine');
  expect(gateway.output()).toContain(`${denial}: limited tools/call "${denial}-a"`);
});
