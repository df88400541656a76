export * from './lifetime.js';
export * from './opa.service.js';
export * from './outcome.js';
export * from './record.js';
export type { EngineSnapshot, OpaStats, TransportSnapshot } from './stats.js';
