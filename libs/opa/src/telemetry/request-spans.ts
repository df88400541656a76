import type { Span, Tracer } from '@opentelemetry/api';
import { context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { DecisionSpans } from './decision-spans.js';
import { requestAttributes, responseAttributes } from './request-attributes.js';
import { injectContext, parentContext, withoutTracing } from './trace-context.js';
import type { OpaRequestEvent } from '../contracts/index.js';

/** Makes an HTTP client span for each request to OPA, and gives OPA the context of this span. */
export class RequestSpans {
  private readonly spans = new WeakMap<OpaRequestEvent, Span>();

  constructor(
    private readonly tracer: Tracer,
    private readonly decisions: DecisionSpans,
  ) {}

  /** Starts the span of a request. */
  start(event: OpaRequestEvent): void {
    const { decision, method, traceHeaders } = event;
    const parent = (decision && this.decisions.contextOf(decision)) ?? parentContext(traceHeaders);
    const options = { kind: SpanKind.CLIENT, attributes: requestAttributes(event) };
    const span = this.tracer.startSpan(method, options, parent);
    this.spans.set(event, span);
    const clientContext = trace.setSpan(parent, span);
    event.traceHeaders = injectContext(clientContext, traceHeaders);
    const untraced = withoutTracing(clientContext);
    event.send = (request) => context.with(untraced, request);
  }

  /** Ends the span of a request that has its response or has failed. */
  end(event: OpaRequestEvent): void {
    const span = this.spans.get(event);
    if (span === undefined) return;
    const attributes = responseAttributes(event);
    span.setAttributes(attributes);
    if (attributes['error.type'] !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  }
}
