/**
 * What `nestjs-opa-gateway` needs of `nestjs-opa-mcp`, and an application does not.
 *
 * No semantic versioning covers these names: a patch release may change them.
 *
 * @packageDocumentation
 */
export { loadPlugins } from './contextforge/plugins.js';
export type { EntryPlugin, Plugins } from './contextforge/plugins.js';
export { BodyBudget } from './http/body-budget.js';
export { isPreflight } from './http/cors.js';
export { McpServer } from './http/mcp-server.js';
export type { McpSettings } from './http/mcp-server.js';
export { isLoopback } from './http/origin-rule.js';
export { metadataUrl } from './http/server-url.js';
export { enforcerOf } from './module/enforcer-of.js';
export { mcpController } from './module/mcp.controller.js';
export { metadataController } from './module/metadata.controller.js';
export { OpaInstances } from './module/opa-instances.js';
export { entryName, policyPath, upstreamUrl } from './options/fields.js';
export { mcpServerSchema } from './options/server.schema.js';
export { SessionSeal } from './session/session-seal.js';
export { StandingStreams } from './session/standing-streams.js';
export { HeaderRules } from './upstream/header-rules.js';
export { isHopByHop, removeHopByHop, removeNamed } from './upstream/hop-by-hop.js';
export { removeUntrusted } from './upstream/untrusted-headers.js';
