export * from './decision.js';
export * from './engine.js';
export * from './error.js';
export * from './header.js';
export * from './input-json.js';
export * from './json.js';
export * from './policy-path.js';
export * from './schema.js';
