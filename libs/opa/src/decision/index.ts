export * from './opa.service.js';
export * from './outcome.js';
export * from './record.js';
export type { OpaStats, TransportSnapshot } from './stats.js';
