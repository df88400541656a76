export type { HeaderTarget } from './built-in.js';
export * from './edits.js';
export { ObligationExecutor, obligationsOf } from './executor.js';
export * from './obligations.js';
export * from './registry.js';
export * from './result-editor.js';
export { challengeOf, mergeStepUps } from './step-up.js';
export type { StepUp } from './step-up.js';
