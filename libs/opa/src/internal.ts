/**
 * What `nestjs-opa-mcp` and `nestjs-opa-gateway` need of `nestjs-opa`, and an application does not.
 *
 * No semantic versioning covers these names: a patch release may change them.
 *
 * @packageDocumentation
 */
export type { IdentitySource } from './client/index.js';
export {
  duplicateKey,
  endOfString,
  hasUnsafeNumber,
  isError,
  messageOf,
  POLICY_PATH_RULE,
  traceHeadersOf,
  withoutCredential,
} from './contracts/index.js';
export {
  codesOf,
  DENIED,
  DENIED_MESSAGE,
  denialDetails,
  failureDetails,
  failureMessage,
  isAllowed,
  logFailure,
  retryAfterOf,
  together,
} from './decision/index.js';
export type { ResultEdit } from './contexts/index.js';
export { applyToRequest, ContextOrigin, MCP_RESOURCES, setHeaders, stripHeaders } from './contexts/index.js';
export { challengeOf, edited, mergeStepUps, ObligationExecutor, obligationsOf } from './enforcement/index.js';
export type { HeaderTarget, StepUp } from './enforcement/index.js';
export { allowedHeaders, comparableHeader, matchesHeader, peerAddress, pickHeaders } from './input/index.js';
export { UntypedFile } from './interceptor/index.js';
export { createInstance, describeProblem, OpaRuntime, tlsSource } from './module/index.js';
export { DecisionEvents } from './observability/index.js';
export { RedisCommands, RedisFailure } from './redis/index.js';
export type { RedisState } from './redis/index.js';
export { FreshFile, openFile, parseOrigin } from './transport/index.js';
