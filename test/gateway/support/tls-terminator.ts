import { request } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Agent, fetch as undiciFetch } from 'undici';
import type { RequestInit as UndiciInit } from 'undici';
import { createAuthority } from '../../../libs/opa/test/support/certificates.js';

/** What a proxy does with the path prefix of the public URL. */
export type PrefixMode = 'keep' | 'strip';

/** A TLS terminator in front of a gateway. */
export interface TlsTerminator {
  /** The origin for clients: a DNS name that only {@link TlsTerminator.fetch} resolves. */
  readonly origin: string;
  /** Sends requests to this terminator, whatever the host, and trusts its certificate. */
  readonly fetch: typeof fetch;
  /** Names the port of the gateway, which starts after the terminator. */
  forwardTo(port: number): void;
  close(): Promise<void>;
}

const HOST = 'gw.example';

/** Starts a proxy that speaks HTTPS to clients and HTTP to the gateway, and names the client as proxies do. */
export async function startTlsTerminator(prefix: string, mode: PrefixMode): Promise<TlsTerminator> {
  const authority = await createAuthority('terminator');
  let gatewayPort = 0;
  const server = createServer(await authority.issue(HOST, HOST), (client, response) => {
    const url = client.url ?? '';
    const path = mode === 'strip' && url.startsWith(`${prefix}/`) ? url.slice(prefix.length) : url;
    pass(client, response, { port: gatewayPort, path });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({
    connect: {
      ca: authority.cert,
      lookup: (_host, { all }, done) =>
        all === true ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4),
    },
  });
  const send = (url: string | URL | Request, init?: RequestInit) =>
    undiciFetch(url instanceof Request ? url.url : url, {
      ...(init as unknown as UndiciInit),
      dispatcher: agent,
    });
  return {
    origin: `https://${HOST}:${port}`,
    fetch: send as unknown as typeof fetch,
    forwardTo: (gateway) => void (gatewayPort = gateway),
    close: async () => {
      await agent.destroy();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function pass(
  client: IncomingMessage,
  response: ServerResponse,
  target: { port: number; path: string },
): void {
  const headers = {
    ...client.headers,
    'x-forwarded-for': [client.headers['x-forwarded-for'] ?? [], '203.0.113.7'].flat().join(', '),
    'x-forwarded-proto': 'https',
    'x-forwarded-host': client.headers.host,
  };
  const { method } = client;
  const forwarded = request(
    { host: '127.0.0.1', ...target, method, headers, agent: false },
    (clientResponse) => {
      response.writeHead(clientResponse.statusCode ?? 502, clientResponse.headers);
      clientResponse.pipe(response);
    },
  );
  forwarded.on('error', () => response.destroy());
  response.on('close', () => forwarded.destroy());
  client.pipe(forwarded);
}
