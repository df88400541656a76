export { readPlan } from './read-plan.js';
export { MAX_LOCALS } from './read-statement.js';
export type * from './schema.js';
