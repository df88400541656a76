import type { IncomingHttpHeaders } from 'node:http';
import type { z } from 'zod';
import type { McpRedis } from './redis.js';
import type { mcpServerSchema } from './server.schema.js';

/** The options of one MCP server. The gateway's file has the same names and defaults. */
export type McpServerOptions = z.input<typeof mcpServerSchema>;

/** The request of the HTTP platform, Express or Fastify. */
export interface McpHttpRequest {
  /** The caller that the application's guards have stored. */
  readonly user?: unknown;
  readonly headers: IncomingHttpHeaders;
}

/** The options of `McpGatewayModule.forRoot`. */
export interface McpGatewayOptions {
  /** The MCP servers. Each server has the path `/mcp/{name}`. */
  servers: readonly McpServerOptions[];
  /**
   * Returns the claims of a request's caller, which policies see as the subject; `undefined` for an anonymous caller.
   * The claims need a non-empty text `sub`, because sessions and tasks belong to it. Default: returns `request.user`.
   */
  claims?: (request: McpHttpRequest) => object | undefined;
  /**
   * The audience that policies see for every server, or a list of audiences. Of a list, policies see the first audience
   * that the caller's claim `aud` has, or else the first one. A server's own `audience` replaces the option. Default: the
   * name of the server.
   */
  audience?: string | string[];
  /**
   * The scopes that a client should request: `scopes_supported` in the metadata, and `scope` in a 401 (RFC 6750, 3). A
   * server's own `scopes` replace the option. Default: none.
   */
  scopes?: string[];
  /**
   * The URLs of the issuers from which clients can get a token. With this option the module serves each server's
   * metadata (RFC 9728), and adds the metadata's URL to a 401 of the application's guards. Default: none.
   */
  authorizationServers?: readonly string[];
  /**
   * The application's URL for clients, with the path that a proxy removes. Default: the origin that a trusted proxy names
   * (the application's setting `trust proxy` or `trustProxy`), or else the local address of the client's connection.
   */
  publicUrl?: string;
  /**
   * The secret that encrypts session ids, at least 32 characters. All replicas of an application need the same secret.
   * Default: a random secret, with which sessions end with the process.
   */
  sessionKey?: string;
  /**
   * The ioredis client of the application, `Redis` or `Cluster`. All replicas with the same Redis and `sessionKey` share the
   * records of calls, tasks and events: a response, a task or a resumed stream may come through any replica. Needs
   * `sessionKey`, which encrypts the records. Default: none; the records lie in the memory of the process.
   */
  redis?: McpRedis;
  /**
   * The largest total size of client messages in memory, in bytes. A message counts until the client has the response.
   * Default: 64 MiB.
   */
  maxBufferedBytes?: number;
  /**
   * The largest total size of the headers of an MCP server's response, in bytes. Default: 16 KiB, as in Node. The limit for
   * requests of clients is an option of the application's HTTP server (`maxHeaderSize`).
   */
  maxHeaderBytes?: number;
}
