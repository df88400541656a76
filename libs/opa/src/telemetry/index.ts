/**
 * Spans and metrics of decisions, through OpenTelemetry.
 *
 * @packageDocumentation
 */
export { instrumentOpa } from './instrument-opa.js';
export { OpaTelemetryModule } from './opa-telemetry.module.js';
export type { OpaTelemetryOptions } from './telemetry-options.js';
