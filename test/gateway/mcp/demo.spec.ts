import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { developmentToken } from '../../../demo/src/development-keys.js';
import { Cleanup } from '../support/cleanup.js';
import { startGatewayWith } from '../support/gateway-process.js';
import type { GatewayProcess } from '../support/gateway-process.js';
import { startOpa } from '../support/opa-process.js';
import { CLIENTS } from './support/clients.js';

const POLICIES = join(import.meta.dirname, '../../../policies/gateway/mcp');
const cleanup = new Cleanup();
afterAll(() => cleanup.run());

async function policies(): Promise<Record<string, string>> {
  const names = (await readdir(POLICIES)).filter((name) => !name.endsWith('_test.rego'));
  const texts = names.map(async (name) => [name, await readFile(join(POLICIES, name), 'utf8')] as const);
  return Object.fromEntries(await Promise.all(texts));
}

describe.each(['embedded', 'remote'])("npm start's MCP server, decided by a policy that is %s", (engine) => {
  let gateway: GatewayProcess;
  let env: Record<string, string>;
  beforeAll(async () => {
    const folder = cleanup.add(await mkdtemp(join(tmpdir(), 'dev-')), (created) =>
      rm(created, { recursive: true }),
    );
    env = { GATEWAY_DEV_DIR: folder };
    if (engine === 'remote') {
      const opa = cleanup.add(await startOpa({ rego: await policies() }), ({ kill }) => kill());
      env['OPA_URL'] = opa.url;
    }
    gateway = cleanup.add(await startGatewayWith(env), ({ end }) => end());
  });

  it('is in the log when the gateway starts', () => {
    const { port } = gateway;
    expect(gateway.output()).toContain(`MCP       http://127.0.0.1:${port}/mcp/demo\n`);
    expect(gateway.output()).toMatch(/^npx .* --cli http:\S+\/mcp\/demo .* 'Authorization: Bearer \S+'$/m);
  });

  describe.each(CLIENTS)('to %s', (_name, connect) => {
    const as = async (role: string) => {
      const token = await developmentToken({ sub: 'alice', role }, '1h', env);
      const client = await connect(`http://127.0.0.1:${gateway.port}/mcp/demo`, token);
      return cleanup.add(client, () => client.close());
    };
    const order = { name: 'read_order', arguments: { id: 1001 } };

    it("does not show a viewer a tool that isn't a viewer's", async () => {
      const [viewer, editor] = [await as('viewer'), await as('editor')];
      const names = async (client: { listTools(): Promise<{ tools: { name: string }[] }> }) =>
        (await client.listTools()).tools.map(({ name }) => name);
      expect(await names(viewer)).toEqual(['read_order', 'refund_order']);
      expect(await names(editor)).toEqual(['read_order', 'refund_order', 'cancel_order']);
      const uris = (await viewer.listResources()).resources.map(({ uri }) => uri);
      expect(uris).toContain('orders://1001');
      expect(uris).not.toContain('shop://margins');
    });

    it('denies a call with a reason, by its arguments too', async () => {
      const viewer = await as('viewer');
      const refund = (amount: number) =>
        viewer.callTool({ name: 'refund_order', arguments: { id: 1001, amount } });
      expect(await refund(20)).toMatchObject({ content: [{ text: expect.stringMatching(/^Refunded 20/) }] });
      const denied = (reason: string) => ({ code: -32001, data: { reasons: [reason] } });
      await expect(refund(50)).rejects.toMatchObject(denied('role viewer may refund up to 20, not 50'));
      await expect(viewer.callTool({ ...order, name: 'cancel_order' })).rejects.toMatchObject(
        denied('role viewer may not use the tool cancel_order'),
      );
      await expect(viewer.readResource({ uri: 'shop://margins' })).rejects.toMatchObject(
        denied('role viewer may not use the resource shop://margins'),
      );
    });

    it('masks e-mail addresses, wherever they stand in a result', async () => {
      const viewer = await as('viewer');
      const results = [
        await viewer.callTool(order),
        await viewer.readResource({ uri: 'orders://1001' }),
        await viewer.getPrompt({ name: 'apology', arguments: { id: '1001' } }),
      ];
      for (const result of results) {
        expect(JSON.stringify(result)).toMatch(/Ada Lovelace.*\*\*\*/);
        expect(JSON.stringify(result)).not.toContain('@example.com');
      }
      const editor = await as('editor');
      expect(await editor.callTool(order)).toMatchObject({
        structuredContent: { customer: { email: 'ada@example.com' } },
      });
    });
  });
});
