import { metrics, trace } from '@opentelemetry/api';
import { DecisionMetrics } from './decision-metrics.js';
import { DecisionSpans } from './decision-spans.js';
import { listen, listenToDecisions } from './listen.js';
import { RequestSpans } from './request-spans.js';
import type { OpaTelemetryOptions } from './telemetry-options.js';
import { decisionChannel, requestChannel } from '../contracts/index.js';

const SCOPE = 'nestjs-opa';

/**
 * Makes spans and metrics of all decisions of this process. Needs the package `@opentelemetry/api`.
 *
 * - Span `opa.decide` for each decision, and below it an HTTP client span for each request to OPA. OPA gets the context
 *   of the client span.
 * - Metrics `opa.decision.duration` (histogram, seconds) and `opa.decision.degraded` (counter).
 *
 * @remarks Call the function once in a process, after the OpenTelemetry SDK has started. A second call doubles everything.
 * @returns a function that ends the observation
 * @see {@link https://opentelemetry.io/docs/specs/semconv/http/http-spans/ | Semantic conventions for HTTP spans}
 *
 * @example
 * ```ts
 * import { instrumentOpa } from 'nestjs-opa/telemetry';
 *
 * const stop = instrumentOpa();
 * stop();
 * ```
 */
export function instrumentOpa(options: OpaTelemetryOptions = {}): () => void {
  const { tracerProvider = trace, meterProvider = metrics } = options;
  const tracer = tracerProvider.getTracer(SCOPE);
  const decisions = new DecisionSpans(tracer);
  const requests = new RequestSpans(tracer, decisions);
  const meters = new DecisionMetrics(meterProvider.getMeter(SCOPE));
  const stops = [
    listen(decisionChannel.start, (event) => decisions.start(event)),
    listenToDecisions((event) => {
      meters.record(event, decisions.contextOf(event));
      decisions.end(event);
    }),
    listen(requestChannel.start, (event) => requests.start(event)),
    listen(requestChannel.asyncEnd, (event) => requests.end(event)),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
