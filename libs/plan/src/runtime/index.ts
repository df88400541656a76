export { conflict, failed, insertOnce, lengthOf, spendOnCall } from './calls.js';
export { Evaluation } from './evaluation.js';
export type { Compiled, EvaluateOptions, EvaluationSettings } from './evaluation.js';
export { enter, UNDEFINED } from './memo.js';
export type { Memo } from './memo.js';
export { baseGet, overlay } from './base.js';
export { merge, upsert } from './objects.js';
export { RuleIndex } from './rule-index.js';
export { scan } from './scan.js';
