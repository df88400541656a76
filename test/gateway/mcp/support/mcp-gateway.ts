import type { Cleanup } from '../../support/cleanup.js';
import { open, send } from '../../support/client.js';
import type { HttpResponse, Sent } from '../../support/client.js';
import { startGateway } from '../../support/gateway-process.js';
import type { GatewayProcess } from '../../support/gateway-process.js';
import { startOpa } from '../../support/opa-process.js';
import type { OpaProcess } from '../../support/opa-process.js';
import { AUDIENCE, ISSUER, startIssuer } from '../../support/tokens.js';
import type { Issuer } from '../../support/tokens.js';
import { DECIDED, POLICIES } from './policies.js';
import { startScripted } from './scripted-server.js';
import type { ScriptedServer } from './scripted-server.js';

/** What {@link startMcpGateway} starts. */
export interface McpGateway {
  readonly gateway: GatewayProcess;
  readonly upstream: ScriptedServer;
  readonly issuer: Issuer;
  readonly opa: OpaProcess;
  /** The content of the gateway's file, for a second gateway. */
  readonly config: object;
}

/** A gateway in front of one scripted server, `/mcp/up`, with a real OPA. */
export async function startMcpGateway(
  cleanup: Cleanup,
  entries: readonly object[] = [{}],
  config: object = {},
  env: Record<string, string> = {},
): Promise<McpGateway> {
  const issuer = cleanup.add(await startIssuer(), ({ remove }) => remove());
  const upstream = cleanup.add(await startScripted(), ({ close }) => close());
  const opa = cleanup.add(await startOpa({ rego: POLICIES }), ({ kill }) => kill());
  const auth = { jwks: issuer.jwksFile, issuer: ISSUER, audience: AUDIENCE, anonymous: true };
  const mcp = entries.map((entry) => ({ name: 'up', url: `${upstream.url}/mcp`, ...DECIDED, ...entry }));
  // A busy machine must not reach the timeouts of a decision, unless a test sets its own.
  const patient = { url: opa.url, timeout: 10_000, pool: { connectTimeout: 5_000 } };
  const all = { opa: patient, auth, mcp, ...config };
  const gateway = cleanup.add(await startGateway(all, env), ({ end }) => end());
  return { gateway, upstream, issuer, opa, config: all };
}

const META = 'io.modelcontextprotocol/';

/** What a client of the older era sends. */
export const HEADERS = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
};

/** A request of the older era. */
export const call = (method: string, params?: object, id: string | number = 1): object => ({
  jsonrpc: '2.0',
  id,
  method,
  ...(params && { params }),
});

/** A tool call of the older era. */
export const tool = (name: string, id: string | number = 1): object =>
  call('tools/call', { name, arguments: { q: 'x' } }, id);

/** A request of 2026-07-28, and its headers. */
export function modern(method: string, params: object = {}, name?: string): Pick<Sent, 'headers' | 'body'> {
  const _meta = { [`${META}protocolVersion`]: '2026-07-28', [`${META}clientCapabilities`]: {} };
  return {
    headers: {
      ...HEADERS,
      'mcp-protocol-version': '2026-07-28',
      'mcp-method': method,
      ...(name !== undefined && { 'mcp-name': name }),
    },
    body: JSON.stringify(call(method, { ...params, _meta })),
  };
}

type More = Partial<Omit<Sent, 'body'>>;

/** POSTs a message, and reads the whole response. */
export const post = (port: number, body: unknown, { headers, ...more }: More = {}): Promise<HttpResponse> =>
  send(port, {
    path: '/mcp/up',
    method: 'POST',
    headers: { ...HEADERS, ...headers },
    body: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
    ...more,
  });

/** POSTs a message. Resolves when the response begins. */
export const begin = (
  port: number,
  body: unknown,
  { headers, ...more }: More = {},
): ReturnType<typeof open> =>
  open(port, {
    path: '/mcp/up',
    method: 'POST',
    headers: { ...HEADERS, ...headers },
    body: JSON.stringify(body),
    ...more,
  });
