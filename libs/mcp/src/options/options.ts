import type { IncomingHttpHeaders } from 'node:http';
import type { z } from 'zod';
import type { mcpServerSchema } from './server.schema.js';

/** One MCP server, as an application gives it; the same names and defaults as in the gateway's file. */
export type McpServerOptions = z.input<typeof mcpServerSchema>;

/** The platform's own request: Express's or Fastify's. */
export interface McpHttpRequest {
  /** What the application's guards have put there. */
  readonly user?: unknown;
  readonly headers: IncomingHttpHeaders;
}

/** What `McpGatewayModule.forRoot` takes. */
export interface McpGatewayOptions {
  /** The MCP servers; each is `/mcp/{name}`. */
  servers: readonly McpServerOptions[];
  /**
   * The claims of a request's caller, which policies see as the subject; `undefined` for an anonymous caller. They need
   * `sub`, a text that is not empty: sessions and tasks belong to it. Default: `request.user`.
   */
  claims?: (request: McpHttpRequest) => object | undefined;
  /** The audience that tokens are for, where a policy wants one. Default: the server's name. */
  audience?: string;
  /**
   * The issuers that clients can get a token from. With them the module serves each server's metadata (RFC 9728), and a
   * 401 of the application's guards says where they are. Default: none.
   */
  authorizationServers?: readonly string[];
  /** The application's URL as clients know it. Default: the address that a connection has arrived at. */
  publicUrl?: string;
  /**
   * The secret that session ids are sealed with, at least 32 characters: all replicas of an application need the same.
   * Default: a random one, so that sessions last as long as the process.
   */
  sessionKey?: string;
  /** How many bytes of messages may be in memory at once, until they are answered. Default: 64 MiB. */
  maxBufferedBytes?: number;
}
