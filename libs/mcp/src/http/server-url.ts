import type { FastifyRequest } from 'fastify';
import { peerAddress } from 'nestjs-opa/internal';
import { isLoopback } from './origin-rule.js';

const METADATA = '.well-known/oauth-protected-resource';

/** Where the metadata of all MCP servers lie, without a slash in front. */
export const METADATA_PATH = `${METADATA}/mcp`;

/**
 * Where the connection has arrived. Whoever sends the request chooses its `Host`, so that what clients are told must
 * not hold it; on loopback, `localhost` is a further name of the same place.
 */
function originOf({ protocol, headers: { host }, raw: { socket } }: FastifyRequest): string {
  const port = String(socket.localPort);
  const address = peerAddress(socket.localAddress) ?? '';
  if (isLoopback(address) && host === `localhost:${port}`) return `${protocol}://localhost:${port}`;
  return `${protocol}://${address.includes(':') ? `[${address}]` : address}:${port}`;
}

/** The URL that stands for an MCP server. */
export const resourceUrl = (request: FastifyRequest, name: string): string =>
  `${originOf(request)}/mcp/${name}`;

/** Where the metadata of an MCP server lie. */
export const metadataUrl = (request: FastifyRequest, name: string): string =>
  `${originOf(request)}/${METADATA_PATH}/${name}`;
