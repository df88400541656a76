export { createEmbeddedEngine, createPlanEngine } from './create-embedded-engine.js';
export type { EmbeddedEngine, EmbeddedEngineOptions } from './embedded-engine.js';
export { RemoteEngine } from './remote.engine.js';
