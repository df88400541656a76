import type { IncomingMessage } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTokenServer } from '../../libs/mcp/test/module/token-server.js';
import type { TokenServer } from '../../libs/mcp/test/module/token-server.js';
import { HEADERS, tool } from './mcp/support/mcp-gateway.js';
import { Cleanup } from './support/cleanup.js';
import { send } from './support/client.js';
import { startOpenGateway } from './support/open-gateway.js';
import type { OpenGateway } from './support/open-gateway.js';

const cleanup = new Cleanup();
let opened: OpenGateway;
let tokens: TokenServer;
let key: string;
let secret: string;
let received: Pick<IncomingMessage, 'url' | 'headers'>[] = [];

beforeAll(async () => {
  tokens = cleanup.add(await startTokenServer(), ({ close }) => close());
  const folder = cleanup.add(await mkdtemp(join(tmpdir(), 'secrets-')), (path) =>
    rm(path, { recursive: true }),
  );
  [key, secret] = [join(folder, 'key'), join(folder, 'secret')];
  await Promise.all([writeFile(key, 's3cret-key-1\n'), writeFile(secret, 's3cret-client-1')]);
  const credentials = [
    { name: 'keyed', headers: { 'x-key': { file: key } } },
    {
      name: 'oauth',
      auth: {
        type: 'client_credentials',
        tokenEndpoint: `${tokens.url}/token`,
        clientId: 'gateway',
        clientSecret: { file: secret },
      },
    },
  ];
  opened = await startOpenGateway(
    cleanup,
    ({ url, headers }, response) => {
      received.push({ url, headers });
      const token = headers.authorization?.slice('Bearer '.length);
      const status = token === undefined || tokens.valid.has(token) ? 200 : 401;
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ jsonrpc: '2.0', id: 1, result: { content: [] } }));
    },
    (url) => credentials.map((entry) => ({ ...entry, url })),
    { mcp: (url) => credentials.map((entry) => ({ ...entry, url: `${url}/mcp?api_key=s3cret-query` })) },
  );
});
afterAll(() => cleanup.run());

const CALLS = {
  upstreams: (name: string) => send(opened.gateway.port, { path: `/api/${name}/` }),
  mcp: (name: string) =>
    send(opened.gateway.port, {
      path: `/mcp/${name}`,
      method: 'POST',
      headers: HEADERS,
      body: JSON.stringify(tool('any')),
    }),
};

/** Sends requests until a condition is true, and gives all their statuses. */
async function statusesUntil(
  isDone: () => boolean,
  request: () => ReturnType<typeof send>,
): Promise<number[]> {
  const statuses: number[] = [];
  do statuses.push((await request()).status);
  while (!isDone());
  return statuses;
}

describe.each(['mcp', 'upstreams'] as const)('a { file } of an entry of %s', (kind) => {
  it('is read again when it changes: headers', async () => {
    await writeFile(key, 's3cret-key-1\n');
    for (const value of ['s3cret-key-1', `s3cret-key-${kind}`]) {
      await writeFile(key, `${value}\n`);
      const isUsed = (): boolean => received.at(-1)?.headers['x-key'] === value;
      expect(new Set(await statusesUntil(isUsed, () => CALLS[kind]('keyed')))).toEqual(new Set([200]));
    }
  });

  it('keeps the former value while the file is empty, and the warning has the context of the entry', async () => {
    const former = received.at(-1)?.headers['x-key'];
    await writeFile(key, '');
    const context = kind === 'mcp' ? 'Mcp' : 'Upstream';
    const line = new RegExp(
      `WARN.*\\[${context}\\].*The entry "keyed", option "headers.x-key": the file has no usable value`,
    );
    await statusesUntil(
      () => line.test(opened.gateway.output()),
      () => CALLS[kind]('keyed'),
    );
    expect(received.at(-1)?.headers['x-key']).toBe(former);
  });

  it('is read again when it changes: clientSecret', async () => {
    const value = `s3cret-client-${kind}`;
    await writeFile(secret, value);
    const authorization = `Basic ${Buffer.from(`gateway:${value}`).toString('base64')}`;
    const isUsed = (): boolean => tokens.requests.at(-1)?.authorization === authorization;
    const statuses = await statusesUntil(isUsed, () => {
      // The upstream refuses the former token, so the gateway requests another one.
      tokens.valid.clear();
      return CALLS[kind]('oauth');
    });
    // A renewed token that the upstream never accepted is not renewed again for some seconds.
    expect(statuses.every((status) => status === 200 || status === 401)).toBe(true);
  });
});

it('the query of an MCP url reaches the server, and no secret reaches the log, at any level', async () => {
  received = [];
  expect((await CALLS.mcp('keyed')).status).toBe(200);
  expect(received.map(({ url }) => url)).toEqual(['/mcp?api_key=s3cret-query']);
  // These fail, so that the log names their servers.
  opened.upstream.server.removeAllListeners('request').on('request', ({ socket }) => socket.destroy());
  expect((await CALLS.mcp('keyed')).status).toBe(502);
  expect((await CALLS.upstreams('keyed')).status).toBe(502);
  await CALLS.mcp('oauth');
  const output = opened.gateway.output();
  expect(output).toMatch(/WARN.*keyed \(http:\/\/127\.0\.0\.1:\d+\/mcp\): /);
  for (const hidden of ['s3cret', 'token-', 'Z2F0ZXdheT']) expect(output).not.toContain(hidden);
});
