export { HeaderRules } from './headers.js';
export { mcpController } from './mcp.controller.js';
export { McpServer } from './mcp-server.js';
export type { McpSettings } from './mcp-server.js';
export { metadataController } from './metadata.controller.js';
export { isLoopback } from './origin.guard.js';
export { SessionSeal } from './sessions.js';
export { StandingStreams } from './standing-streams.js';
