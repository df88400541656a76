import type { Context } from '@opentelemetry/api';
import { context, createContextKey, propagation, trace } from '@opentelemetry/api';
import type { TraceHeaders } from '../contracts/index.js';

// The SDK and the instrumentations use this key. `createContextKey` returns the same symbol in every copy of the API.
const SUPPRESS_TRACING = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

/** The context that a new span belongs to: the active context, else the caller's context from its headers. */
export function parentContext(headers: TraceHeaders | undefined): Context {
  const active = context.active();
  if (headers === undefined || trace.getSpan(active) !== undefined) return active;
  return propagation.extract(active, headers);
}

/** Writes the context of a span into trace headers. Baggage of the caller stays when the propagator writes no baggage. */
export function injectContext(span: Context, headers: TraceHeaders): TraceHeaders {
  const { traceparent, tracestate, baggage = headers.baggage } = injected(span);
  if (traceparent === undefined) return headers;
  return { traceparent, tracestate, baggage };
}

/** The same context, in which instrumentations make no spans and write no headers. */
export const withoutTracing = (span: Context): Context => span.setValue(SUPPRESS_TRACING, true);

function injected(span: Context): TraceHeaders {
  const carrier: TraceHeaders = {};
  propagation.inject(span, carrier);
  return carrier;
}
