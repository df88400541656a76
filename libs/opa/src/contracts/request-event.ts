import { tracingChannel } from 'node:diagnostics_channel';
import type { TraceHeaders } from './trace-headers.js';

/** One HTTP request to OPA, on the channel `opa.request`. */
export interface OpaRequestEvent {
  readonly method: 'GET' | 'POST';
  /** OPA's address without credentials. */
  readonly url: string;
  /** The path and query of the request. */
  readonly path: string;
  /** The decision event that the request is made for; `undefined` for a request that the application makes itself. */
  readonly decision: object | undefined;
  /** The headers that carry the trace context. A listener of `start` may replace them. */
  traceHeaders: TraceHeaders;
  /** Calls Node's `http.request`. A listener of `start` may set a function that calls it in another async context. */
  send?: (<T>(request: () => T) => T) | undefined;
  /** The status of OPA's response. */
  status?: number | undefined;
  error?: unknown;
}

/** The channel of requests to OPA. Every request publishes `start`, then `asyncEnd`; `error` before it on a failure. */
export const requestChannel = tracingChannel<unknown, OpaRequestEvent>('opa.request');
