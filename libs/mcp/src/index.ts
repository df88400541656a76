export { McpGatewayModule } from './module/mcp-gateway.module.js';
export type { McpGatewayExtras, McpGuard } from './module/mcp-gateway.module-definition.js';
export type { McpGatewayOptions, McpHttpRequest, McpServerOptions } from './options/options.js';
export type { McpRedis } from './options/redis.js';
