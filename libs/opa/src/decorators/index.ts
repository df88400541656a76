export * from './declaration.js';
export * from './decorators.js';
export * from './obligation.js';
export * from './on-decision.js';
