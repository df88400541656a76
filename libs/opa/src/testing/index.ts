export * from './opa-server.js';
export * from './test.engine.js';
