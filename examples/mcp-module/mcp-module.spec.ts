import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { JwtService } from '@nestjs/jwt';
import { startOpa } from 'nestjs-opa/testing';
import { CLIENTS } from '../../test/gateway/mcp/support/clients.js';
import { Cleanup } from '../../test/gateway/support/cleanup.js';
import { expectLogs } from '../../test/support/logs.js';
import { start } from './app.js';
import { startOrdersServer } from './orders-server.js';

const tokens = new JwtService({ secret: 'change me' });
const tokenOf = (role: string): string => tokens.sign({ sub: 'alice', role });
const cancel = { name: 'cancel_order', arguments: { id: 1001 } };

describe('the example of McpGatewayModule', () => {
  const cleanup = new Cleanup();
  const { OPA_URL, ORDERS_MCP_URL } = process.env;
  let url: string;
  beforeAll(async () => {
    const rego = await readFile(new URL('policy.rego', import.meta.url), 'utf8');
    const opa = cleanup.add(await startOpa({ rego }), ({ stop }) => stop());
    const orders = cleanup.add(await startOrdersServer(), ({ close }) => close());
    Object.assign(process.env, { OPA_URL: opa.url, ORDERS_MCP_URL: orders.url });
    const app = cleanup.add(await start(0), (started) => started.close());
    url = `${await app.getUrl()}/mcp/orders`;
  });
  afterAll(async () => {
    await cleanup.run();
    for (const [name, value] of Object.entries({ OPA_URL, ORDERS_MCP_URL })) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
  });

  it.each(CLIENTS)(
    'lists one tool for a viewer, and allows the viewer to call it: %s',
    async (_client, connect) => {
      const client = await connect(url, tokenOf('viewer'));
      const { tools } = await client.listTools();
      expect(tools.map(({ name }) => name)).toEqual(['read_order']);
      const result = await client.callTool({ name: 'read_order', arguments: { id: 1001 } });
      expect(result.content).toEqual([{ type: 'text', text: 'Order 1001: 3 × tea' }]);
      expectLogs(/denied tools\/call "cancel_order"/);
      await expect(client.callTool(cancel)).rejects.toMatchObject({
        code: -32001,
        message: expect.stringContaining('only editors may cancel an order'),
      });
      await client.close();
    },
  );

  it.each(CLIENTS)('shows and allows an editor both tools: %s', async (_client, connect) => {
    const client = await connect(url, tokenOf('editor'));
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(['read_order', 'cancel_order']);
    const result = await client.callTool(cancel);
    expect(result.content).toEqual([{ type: 'text', text: 'Order 1001 is cancelled' }]);
    await client.close();
  });

  it('tells a client without a token where to get a token', async () => {
    const response = await fetch(url, { method: 'POST', body: '{}' });
    expect(response.status).toBe(401);
    const [, metadata = ''] =
      /^Bearer resource_metadata="(.*)"$/.exec(response.headers.get('www-authenticate') ?? '') ?? [];
    expect(await (await fetch(metadata)).json()).toMatchObject({
      resource: url,
      authorization_servers: ['https://issuer.example'],
    });
  });
});
