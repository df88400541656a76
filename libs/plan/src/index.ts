export { BuiltinError } from './builtins/index.js';
export type { Builtin, BuiltinContext } from './builtins/index.js';
export { PlanError } from './error.js';
export type { PlanErrorCode, PolicyLocation } from './error.js';
export { createPolicy, loadPlan } from './load-plan.js';
export type { LoadOptions, PlanSource } from './load-plan.js';
export { Policy } from './policy.js';
export type { EvaluateOptions } from './runtime/index.js';
export * from './values/public.js';
