export * from './opa.guard.js';
