import type { OpaRequestEvent, TraceHeaders } from '../contracts/index.js';
import { requestChannel } from '../contracts/index.js';
import type { HttpResponse, WireRequest } from '../transport/index.js';

type Send = (request: WireRequest) => Promise<HttpResponse>;

/**
 * Sends a request with its trace context, and publishes it on the channel `opa.request` when something listens.
 *
 * @param url - OPA's address without credentials
 */
export function traced(url: string, request: WireRequest, send: Send): Promise<HttpResponse> {
  const timed = request.trace?.addTimings === undefined ? send : sendTimed(send);
  if (requestChannel.hasSubscribers) return published(url, request, timed);
  return timed(withTrace(request, request.trace?.traceHeaders));
}

function sendTimed(send: Send): Send {
  return (request) =>
    send(request).finally(() => {
      request.clock.enter(request.clock.phase);
      request.trace?.addTimings?.(request.clock.spent);
    });
}

async function published(url: string, request: WireRequest, send: Send): Promise<HttpResponse> {
  const { method, path, trace } = request;
  const event: OpaRequestEvent = {
    method,
    url,
    path,
    decision: trace,
    traceHeaders: trace?.traceHeaders ?? {},
  };
  return requestChannel.tracePromise(async () => {
    const response = await send({ ...withTrace(request, event.traceHeaders), inContext: event.send });
    event.status = response.status;
    return response;
  }, event);
}

function withTrace(request: WireRequest, trace: TraceHeaders | undefined): WireRequest {
  const { traceparent, tracestate, baggage } = trace ?? {};
  if (traceparent === undefined && baggage === undefined) return request;
  const headers = [...request.headers];
  if (traceparent !== undefined) headers.push('traceparent', traceparent);
  if (tracestate !== undefined) headers.push('tracestate', tracestate);
  if (baggage !== undefined) headers.push('baggage', baggage);
  return { ...request, headers };
}
