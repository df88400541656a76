export { OpaClient } from './client/index.js';
export type { DataOptions, HealthOptions, OpaToken, OpaTokenRequest } from './client/index.js';
export { isPolicyPath, onOpaDecision, OpaError } from './contracts/index.js';
export type {
  CancelSignal,
  ContextKind,
  Decision,
  DecisionOutcome,
  DecisionSubject,
  DecisionTimings,
  Degradation,
  EnforcementPointName,
  EngineAnswer,
  EvaluateOptions,
  EvaluationTrace,
  HeaderValues,
  MaybePromise,
  McpTarget,
  Obligation,
  OpaDecisionEvent,
  OpaDecisionOrigin,
  OpaErrorCode,
  OpaErrorDetails,
  OpaRequestEvent,
  OpaWarning,
  PhaseMilliseconds,
  PolicyEngine,
  Query,
  TraceHeaders,
} from './contracts/index.js';
export { OpaDeniedException, OpaService } from './decision/index.js';
export type {
  OpaEnforceQuery,
  OpaFilterOptions,
  OpaQuery,
  OpaStats,
  RouteReport,
  RouteStatus,
  WouldDeny,
} from './decision/index.js';
export {
  OnOpaDecision,
  OpaDecides,
  OpaDecision,
  OpaInput,
  OpaObligation,
  OpaPolicy,
  OpaPublic,
} from './decorators/index.js';
export type { OpaObligationHandler, OpaObligationScene, OpaPolicyOptions } from './decorators/index.js';
export { createEmbeddedEngine } from './engines/index.js';
export type { EmbeddedEngine, EmbeddedEngineOptions } from './engines/index.js';
export { OpaGuard } from './guard/index.js';
export type { InputFunction } from './input/index.js';
export type { ContextFunction, Input, OpaInputOptions, OpaInputProvider } from './input/index.js';
export { OpaInterceptor } from './interceptor/index.js';
export { getOpaToken, InjectOpa, OpaModule } from './module/index.js';
export type { OpaProvided } from './module/index.js';
export type { OpaModuleExtras, OpaModuleOptions, OpaOptionsFactory, OpaTlsOptions } from './module/index.js';
export { OpaHealthIndicator } from './observability/index.js';
export type { OpaHealth } from './observability/index.js';
export type {
  DecisionStore,
  OpaCacheOptions,
  OpaCircuitBreakerOptions,
  OpaRetryOptions,
  StoredDecision,
} from './resilience/index.js';
export { OpaHttpService } from './transport/index.js';
export type { OpaPoolOptions } from './transport/index.js';
