import type { Context, Tracer } from '@opentelemetry/api';
import { isSpanContextValid, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { decisionAttributes } from './decision-attributes.js';
import { parentContext } from './trace-context.js';
import type { OpaDecisionEvent } from '../contracts/index.js';

/** Makes a span for each decision. */
export class DecisionSpans {
  /** The contexts of decisions that are being made; each holds the span. */
  private readonly contexts = new WeakMap<object, Context>();

  constructor(private readonly tracer: Tracer) {}

  /** Starts the span of a decision. */
  start(event: OpaDecisionEvent): void {
    const parent = parentContext(event.traceHeaders);
    const span = this.tracer.startSpan('opa.decide', { kind: SpanKind.INTERNAL }, parent);
    this.contexts.set(event, trace.setSpan(parent, span));
    const ids = span.spanContext();
    if (isSpanContextValid(ids)) event.setSpan(ids);
  }

  /** The context that holds the span of a decision; `undefined` for a decision without a span. */
  contextOf(event: object): Context | undefined {
    return this.contexts.get(event);
  }

  /** Ends the span of a decision that is made or has failed. */
  end(event: OpaDecisionEvent): void {
    const context = this.contexts.get(event);
    const span = context && trace.getSpan(context);
    if (span === undefined) return;
    if (span.isRecording()) {
      span.setAttributes(decisionAttributes(event));
      if (event.errorCode !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
    }
    span.end();
  }
}
