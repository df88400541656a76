export * from './combine.js';
export * from './lifetime.js';
export * from './opa.service.js';
export * from './outcome.js';
export type { WouldDeny } from './permissive-report.js';
export * from './record.js';
export type * from './routes.js';
export type { EngineSnapshot, OpaStats, TransportSnapshot } from './stats.js';
