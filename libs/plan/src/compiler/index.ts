export { compile } from './compile.js';
export type { CompiledPlan } from './compile.js';
export { MAIN } from './rule-tree.js';
export type { RuleTree } from './rule-tree.js';
