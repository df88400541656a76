import type { ClientRequest } from './client-request.js';
import type { McpServer } from './mcp-server.js';

/**
 * Completes the challenge of a 401 with the server's scopes and the URL of its metadata. A client learns there how to
 * get a token (RFC 9728, 5.1; RFC 6750, 3). Without metadata the challenge stays as it is. Another scheme than Bearer is
 * replaced.
 *
 * @param challenge - the challenge so far: the value of `WWW-Authenticate`
 */
export function completeChallenge(server: McpServer, request: ClientRequest, challenge: string): string {
  if (!server.settings.hasMetadata) return challenge;
  const bearer = /^Bearer\b/i.test(challenge) ? challenge.trim() : 'Bearer';
  const parameters = [`resource_metadata="${server.urls.metadata(request)}"`];
  // A guard knows better which scopes the request needs.
  const scopes = /[ ,]scope=/i.test(bearer) ? [] : server.scopes;
  if (scopes.length > 0) parameters.unshift(`scope="${scopes.join(' ')}"`);
  return bearer + (/^Bearer$/i.test(bearer) ? ' ' : ', ') + parameters.join(', ');
}
