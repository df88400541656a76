export { createEmbeddedEngine } from './create-embedded-engine.js';
export type { EmbeddedEngine } from './embedded/embedded.engine.js';
export type { EmbeddedEngineOptions } from './embedded/load-embedded-engine.js';
export { RemoteEngine } from './remote.engine.js';
