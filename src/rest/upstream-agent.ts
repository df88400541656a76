import { Agent } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { buildConnector } from 'undici';

/** How long an unused connection stays open, in milliseconds. An upstream's `Keep-Alive: timeout=` may shorten it. */
const IDLE_MS = 4_000;

/** Options of {@link upstreamAgent}. */
export interface AgentOptions {
  /** Opens a connection, with TLS for an https URL. */
  readonly connect: buildConnector.connector;
  /** Whether a connection serves further requests. */
  readonly keepAlive: boolean;
}

/** The agent of an upstream, for http and https: only the connector knows about TLS. */
export function upstreamAgent(url: URL, { connect, keepAlive }: AgentOptions): Agent {
  const agent = new Agent({ keepAlive, timeout: IDLE_MS });
  const { hostname, host, protocol, port } = url;
  agent.createConnection = (_options, callback) => {
    connect({ hostname: hostname.replace(/^\[|\]$/g, ''), host, protocol, port }, (...[error, socket]) => {
      socket?.on('data', closeWhenUnsolicited);
      callback?.(error, socket as Duplex);
    });
    return undefined;
  };
  return agent;
}

// Unsolicited data on an idle connection desynchronizes it: the next request would get the response of another request.
// Node drops the data and keeps the connection.
function closeWhenUnsolicited(this: Socket): void {
  if (this.listenerCount('data') === 1) this.destroy();
}
