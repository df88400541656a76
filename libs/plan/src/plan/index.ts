export { readPlan } from './read-plan.js';
export type * from './schema.js';
