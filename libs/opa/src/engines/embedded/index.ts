export { loadBundle } from './bundle.js';
export type { Bundle, LoadBundleOptions } from './bundle.js';
export { createEmbeddedEngine, EmbeddedEngine } from './embedded.engine.js';
export type { EmbeddedEngineOptions } from './embedded.engine.js';
