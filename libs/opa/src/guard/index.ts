export * from './guard-chain.js';
export * from './opa.guard.js';
