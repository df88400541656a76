export { conflict, failed, insertOnce, lengthOf, spendOnCall } from './calls.js';
export { Evaluation } from './evaluation.js';
export type { Compiled, EvaluateOptions, EvaluationSettings } from './evaluation.js';
export { enter, UNDEFINED } from './memo.js';
export type { Memo, Scope } from './memo.js';
export { baseGet, merge, upsert } from './objects.js';
export { RuleIndex } from './rule-index.js';
export { scan } from './scan.js';
export type { Scan } from './scan.js';
