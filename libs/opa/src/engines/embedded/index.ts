export { loadBundle } from './load-bundle.js';
export type { LoadBundleOptions, LoadedBundle } from './load-bundle.js';
export { createEmbeddedEngine } from './create-embedded-engine.js';
export type { EmbeddedEngineOptions } from './create-embedded-engine.js';
export type { EmbeddedEngine } from './embedded.engine.js';
