import type { AbstractHttpAdapter } from '@nestjs/core';
import { ClientRequest } from '../http/client-request.js';
import type { PlatformRequest } from '../http/client-request.js';
import { ClientResponse } from '../http/client-response.js';
import type { PlatformResponse } from '../http/client-response.js';
import { respondToPreflight, addCorsHeaders } from '../http/cors.js';
import type { McpServer } from '../http/mcp-server.js';

/**
 * Serves a server's metadata, from which clients learn how to get a token (RFC 9728). Every client may read the
 * metadata; a page only if its origin may call the server. The route is registered at the HTTP adapter, because RFC
 * 9728 fixes its path. So the application's guards and its global prefix don't apply.
 */
export function serveMetadata(
  adapter: AbstractHttpAdapter,
  { urls, origins, scopes }: McpServer,
  authorizationServers: readonly string[],
): void {
  const get = (request: PlatformRequest, reply: PlatformResponse): void => {
    const client = new ClientRequest(request);
    addCorsHeaders(client, reply, origins);
    const metadata = {
      resource: urls.resource(client),
      authorization_servers: authorizationServers,
      ...(scopes.length > 0 && { scopes_supported: scopes }),
      bearer_methods_supported: ['header'],
    };
    new ClientResponse(reply).json(200, JSON.stringify(metadata));
  };
  const options = (request: PlatformRequest, reply: PlatformResponse): void => {
    const client = new ClientRequest(request);
    const isShared = addCorsHeaders(client, reply, origins);
    const response = new ClientResponse(reply);
    if (isShared) respondToPreflight(client, response, 'GET');
    else response.empty(204);
  };
  for (const path of urls.metadataPaths) {
    adapter.get(path, get);
    adapter.options(path, options);
  }
}
