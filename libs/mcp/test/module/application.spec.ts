import { once } from 'node:events';

import { createGunzip, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NestInterceptor } from '@nestjs/common';
import { map } from 'rxjs';
import { McpGatewayModule } from 'nestjs-opa-mcp';
import { Cleanup } from '../../../../test/gateway/support/cleanup.js';
import { open, send } from '../../../../test/gateway/support/client.js';
import { startOpa } from '../../../../test/gateway/support/opa-process.js';
import { begin, tool } from '../../../../test/gateway/mcp/support/mcp-gateway.js';
import {
  onTool,
  plugin,
  POLICIES as PLUGIN_POLICIES,
  writePlugin,
} from '../../../../test/gateway/mcp/support/plugin-gateway.js';
import { DECIDED, POLICIES } from '../../../../test/gateway/mcp/support/policies.js';
import {
  event,
  reply,
  textResult,
  startScripted,
  stream,
} from '../../../../test/gateway/mcp/support/scripted-server.js';
import type { ScriptedServer } from '../../../../test/gateway/mcp/support/scripted-server.js';
import { compressing } from './compressing.js';
import { HEADERS, opaModule, startModules } from './support.js';
import type { Started } from './support.js';

const PAGE = 'https://page.example';
const NOTE = { jsonrpc: '2.0', method: 'notifications/x' };
const PLATFORMS = ['express', 'fastify'] as const;
const cleanup = new Cleanup();
let opaUrl: string;
let upstream: ScriptedServer;
beforeAll(async () => {
  const rego = { ...POLICIES, ...PLUGIN_POLICIES };
  opaUrl = cleanup.add(await startOpa({ rego }), ({ kill }) => kill()).url;
  upstream = cleanup.add(await startScripted(), ({ close }) => close());
});
afterAll(() => cleanup.run());

const decided = () => ({ name: 'up', url: `${upstream.url}/mcp`, origins: [PAGE], ...DECIDED });

async function start(
  platform: (typeof PLATFORMS)[number],
  prepare?: (app: Started['app']) => void,
  server: Parameters<typeof McpGatewayModule.forRoot>[0]['servers'][number] = decided(),
): Promise<Started> {
  const modules = [opaModule(opaUrl), McpGatewayModule.forRoot({ servers: [server] })];
  const started = await startModules({ platform, body: 'rawBody' }, modules, prepare);
  return cleanup.add(started, ({ app }) => app.close());
}

describe.each(PLATFORMS)('an application on %s', (platform) => {
  it("decides by the file of ContextForge's plugin", async () => {
    const file = await writePlugin(cleanup, {
      plugins: [plugin({ tools: [onTool('good', 'yes'), onTool('bad', 'no')] })],
    });
    const { post } = await start(platform, undefined, {
      name: 'up',
      url: `${upstream.url}/mcp`,
      plugin: file,
    });
    upstream.respond = ({ message }, response) => reply(response, textResult(message, 'found'));
    expect((await post(tool('good'))).json()).toHaveProperty('result');
    expect((await post(tool('bad'))).json()).toHaveProperty('error.code', -32001);
  });

  it('responds to MCP messages unchanged beside an interceptor that changes every result', async () => {
    const wrap: NestInterceptor = {
      intercept: (_context, next) => next.handle().pipe(map((data: unknown) => ({ data }))),
    };
    const { post, errors } = await start(platform, (app) => app.useGlobalInterceptors(wrap));
    upstream.respond = ({ message }, response) => reply(response, textResult(message, 'found'));
    expect((await post(tool('x'))).json()).toEqual(textResult({ id: 1 }, 'found'));
    expect((await post(tool('secret'))).json()).toHaveProperty('error.code', -32001);
    expect(errors).toEqual([]);
  });

  it('checks origins although the application allows every origin (CORS)', async () => {
    const { port, post } = await start(platform, (app) => app.enableCors());
    upstream.respond = ({ message }, response) => reply(response, textResult(message, 'found'));
    const admitted = await post(tool('x'), { headers: { origin: PAGE } });
    expect([admitted.status, admitted.headers['access-control-allow-origin']]).toEqual([200, PAGE]);
    expect(admitted.headers['access-control-expose-headers']).toContain('Mcp-Session-Id');
    expect((await post(tool('x'), { headers: { origin: 'https://evil.example' } })).status).toBe(403);
    const preflight = await send(port, {
      path: '/mcp/up',
      method: 'OPTIONS',
      headers: { origin: PAGE, 'access-control-request-method': 'POST' },
    });
    expect(preflight.status).toBe(204);
  });

  it('ends the open stream of a call when the application closes', async () => {
    const { app, port } = await start(platform);
    upstream.respond = (_request, response) => stream(response).write(event(NOTE));
    const response = await open(port, { path: '/mcp/up', headers: HEADERS });
    const text = response.setEncoding('utf8').reduce((all: string, chunk: string) => all + chunk, '');
    await app.close();
    expect([await text, response.complete]).toEqual([event(NOTE), true]);
  });
});

describe('an Express application that compresses responses', () => {
  it('sends a compressed JSON response', async () => {
    const { port } = await start('express', (app) => app.use(compressing));
    upstream.respond = ({ message }, response) => reply(response, textResult(message, 'found'));
    const response = await begin(port, tool('x'));
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    expect(JSON.parse(gunzipSync(Buffer.concat(chunks)).toString())).toEqual(textResult({ id: 1 }, 'found'));
  });

  it('sends each event at once, and ends the stream', async () => {
    const { port, errors } = await start('express', (app) => app.use(compressing));
    let finish = (): void => undefined;
    upstream.respond = ({ message }, response) => {
      stream(response).write(event(NOTE));
      finish = () => void response.end(event(textResult(message, 'found')));
    };
    const response = await begin(port, tool('x'));
    const text = response.pipe(createGunzip()).setEncoding('utf8');
    const [first] = (await once(text, 'data')) as [string];
    expect(first).toBe(event(NOTE));
    finish();
    const [second] = (await once(text, 'data')) as [string];
    expect(second).toBe(event(textResult({ id: 1 }, 'found')));
    await once(text, 'end');
    expect(errors).toEqual([]);
  });
});
