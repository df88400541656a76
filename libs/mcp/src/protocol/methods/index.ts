export type * from './method.js';
export * from './lookup.js';
export { LIST_TOOLS, METHODS, OPENING_METHODS } from './table.js';
