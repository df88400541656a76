/**
 * What `nestjs-opa-gateway` needs of `nestjs-opa-mcp`, and an application does not.
 *
 * No semantic versioning covers these names: a patch release may change them.
 *
 * @packageDocumentation
 */
export { McpGateway } from './module/mcp-gateway.js';
export { isPreflight } from './http/cors.js';
export { isHost, isLoopback, OriginRule } from './http/origin-rule.js';
export { loadPlugins } from './contextforge/plugins.js';
export type { Plugins } from './contextforge/plugins.js';
export { PublicUrl } from './http/public-url.js';
export { audience, entryName, origins, policyPath, scopes, upstreamUrl } from './options/fields.js';
export { mcpServerSchema } from './options/server.schema.js';
export { isHopByHop } from './upstream/header-names.js';
export { removeHopByHop, removeNamed } from './upstream/hop-by-hop.js';
export { removeUntrusted } from './upstream/untrusted-headers.js';
export { upstreamConnector } from './upstream/connector.js';
export { bearerTokenOf } from './upstream/bearer-token.js';
export { unknownCoding } from './upstream/transfer-coding.js';
export { UpstreamCredentials, UserTokenMissingError } from './upstream/upstream-credentials.js';
export { checkCredentials, upstreamFields } from './options/upstream-fields.js';
