export { McpGatewayModule } from './module/mcp-gateway.module.js';
export type { McpGuard } from './module/except-preflight.js';
export type { McpGatewayExtras } from './module/mcp-gateway.module-definition.js';
export type { McpGatewayOptions, McpHttpRequest, McpServerOptions } from './options/options.js';
export type { McpRedis } from './options/redis.js';
