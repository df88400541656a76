import {
  Client as ModernClient,
  StreamableHTTPClientTransport as ModernTransport,
} from '@modelcontextprotocol/client';
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as LegacyTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const INFO = { name: 'test', version: '1.0.0' };

const options = (token: string | undefined, send: typeof fetch) => ({
  fetch: send,
  ...(token !== undefined && { requestInit: { headers: { authorization: `Bearer ${token}` } } }),
});

/** Connects the official client of the older era, 2025-11-25; `prepare` sets its handlers, `send` stands for fetch. */
export async function connectLegacy(
  url: string,
  token?: string,
  prepare: (client: LegacyClient) => void = () => undefined,
  send = fetch,
): Promise<LegacyClient> {
  const capabilities = { sampling: {}, elicitation: { form: {} }, roots: { listChanged: true } };
  const client = new LegacyClient(INFO, { capabilities });
  prepare(client);
  await client.connect(new LegacyTransport(new URL(url), options(token, send)));
  return client;
}

/** Connects the official client of the newer era, 2026-07-28; `prepare` sets its handlers, `send` stands for fetch. */
export async function connectModern(
  url: string,
  token?: string,
  prepare: (client: ModernClient) => void = () => undefined,
  send = fetch,
): Promise<ModernClient> {
  const capabilities = { sampling: {}, elicitation: { form: {} }, roots: {} };
  const client = new ModernClient(INFO, {
    capabilities,
    versionNegotiation: { mode: { pin: '2026-07-28' } },
  });
  prepare(client);
  await client.connect(new ModernTransport(new URL(url), options(token, send)));
  return client;
}

/** Connects the official client 2.x, which finds out the server's version; `send` stands for fetch. */
export async function connectAny(url: string, token: string, send: typeof fetch): Promise<ModernClient> {
  const client = new ModernClient(INFO, { versionNegotiation: { mode: 'auto' } });
  await client.connect(new ModernTransport(new URL(url), options(token, send)));
  return client;
}

/** The official clients by the era that they speak. */
export const CLIENTS = [
  ['sdk 1.x, 2025-11-25', connectLegacy],
  ['client 2.x, 2026-07-28', connectModern],
] as const;
