/**
 * The trace context of a request, as the headers that carry it.
 *
 * @see {@link https://www.w3.org/TR/trace-context/ | W3C Trace Context}, {@link https://www.w3.org/TR/baggage/ | W3C Baggage}
 */
export interface TraceHeaders {
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
  readonly baggage?: string | undefined;
}

const TRACEPARENT = /^(?!ff)[\da-f]{2}-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}(-|$)/;

/** The longest values that both specifications ask everybody to pass on, in characters. */
const MAX_STATE = 512;
const MAX_BAGGAGE = 8_192;

const NONE: TraceHeaders = Object.freeze({});

/**
 * Reads the trace context of a request from its headers, or from whatever carries the same names.
 *
 * @remarks A client can send anything, so the function leaves out a value that is malformed or too long. `tracestate`
 * means nothing without `traceparent`.
 */
export function traceHeadersOf(carrier: Readonly<Record<string, unknown>> | undefined): TraceHeaders {
  const { traceparent, tracestate, baggage } = carrier ?? {};
  if (traceparent === undefined && baggage === undefined) return NONE;
  const parent = text(traceparent, MAX_STATE);
  const isTraced = parent !== undefined && TRACEPARENT.test(parent);
  const state = isTraced ? text(tracestate, MAX_STATE) : undefined;
  const entries = text(baggage, MAX_BAGGAGE);
  return {
    ...(isTraced && { traceparent: parent }),
    ...(state !== undefined && { tracestate: state }),
    ...(entries !== undefined && { baggage: entries }),
  };
}

/** Returns the trace id and the id of the caller's span; `undefined` without a trace context. */
export function spanOf({ traceparent }: TraceHeaders): { traceId: string; spanId: string } | undefined {
  const [, traceId, spanId] = traceparent?.split('-') ?? [];
  return traceId === undefined || spanId === undefined ? undefined : { traceId, spanId };
}

// Queues carry header values as bytes.
function text(value: unknown, limit: number): string | undefined {
  const string = Buffer.isBuffer(value) ? value.toString('latin1') : value;
  if (typeof string !== 'string' || string.length > limit) return undefined;
  return /^[\x20-\x7e]+$/.test(string) ? string : undefined;
}
