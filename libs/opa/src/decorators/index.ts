export * from './declaration.js';
export * from './decorators.js';
