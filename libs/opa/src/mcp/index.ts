export { endOfString } from '../contracts/index.js';
export { applyToRequest, setHeaders, stripHeaders } from '../enforcement/index.js';
export { allowedHeaders, comparableHeader, matchesHeader, peerAddress, pickHeaders } from '../input/index.js';
export type * from './enforcer.js';
export type * from './json-rpc.js';
export { foldCase } from './keys/index.js';
export { ruleOf } from './methods.js';
export type { MethodRule } from './methods.js';
export type { ListTools } from './output-schemas.js';
export { OutputSchemas } from './output-schemas.js';
export {
  INTERNAL_ERROR,
  INVALID_PARAMS,
  INVALID_REQUEST,
  METHOD_NOT_FOUND,
  PARSE_ERROR,
  parseMessage,
  parseServerMessage,
} from './parse.js';
export type { McpMessage, ParseOptions } from './parse.js';
export { isPlainTask, partsOfTask } from './plain-members.js';
export type { Parts } from './plain-members.js';
export type { McpPolicies } from './policy-enforcer.js';
export { McpPolicyEnforcer } from './policy-enforcer.js';
export * from './plugin/index.js';
