import type { MeterProvider, TracerProvider } from '@opentelemetry/api';

/** The injection token of {@link OpaTelemetryOptions}. */
export const TELEMETRY_OPTIONS = Symbol.for('nestjs-opa:telemetry-options');

/** The options of `instrumentOpa` and `OpaTelemetryModule`. */
export interface OpaTelemetryOptions {
  /** Makes the spans. Default: the global provider of `@opentelemetry/api`. */
  readonly tracerProvider?: TracerProvider | undefined;
  /** Makes the metrics. Default: the global provider of `@opentelemetry/api`. */
  readonly meterProvider?: MeterProvider | undefined;
}
