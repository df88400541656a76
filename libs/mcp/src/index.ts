export { McpGateway } from './module/mcp-gateway.js';
export { McpGatewayModule } from './module/mcp-gateway.module.js';
export type { McpGuard } from './module/except-preflight.js';
export type { McpGatewayExtras } from './module/mcp-gateway.module-definition.js';
export type { McpGatewayOptions, McpHttpRequest, McpServerOptions } from './options/options.js';
export type * from './policy/enforcer.js';
export type * from './protocol/call.js';
export type * from './protocol/json-rpc.js';
export { foldCase } from './protocol/keys/index.js';
export type { Hook, HookTarget } from './protocol/methods/index.js';
export type { ListTools } from './protocol/output-schemas.js';
export { OutputSchemas } from './protocol/output-schemas.js';
export {
  INTERNAL_ERROR,
  INVALID_PARAMS,
  INVALID_REQUEST,
  METHOD_NOT_FOUND,
  PARSE_ERROR,
  parseMessage,
  parseServerMessage,
} from './protocol/parse.js';
export type { McpMessage, ParseOptions } from './protocol/parse.js';
export { isPlainTask, partsOfTask } from './protocol/plain-members.js';
export type { Parts } from './protocol/plain-members.js';
export type { McpPolicies } from './policy/policy-enforcer.js';
export { McpPolicyEnforcer } from './policy/policy-enforcer.js';
export * from './contextforge/index.js';
