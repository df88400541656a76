import type { ExecutionContext } from '@nestjs/common';
import type {
  ContextKind,
  EnforcementPointName,
  McpTarget,
  OpaDecisionOrigin,
  TraceHeaders,
} from '../contracts/index.js';
import { traceHeadersOf } from '../contracts/index.js';
import type { ContextAdapter } from './adapter.js';
import { CONTEXTS, findAdapter } from './registry.js';

/** What a decision about an execution context is about. It reads the context only when something listens. */
export class ContextOrigin implements OpaDecisionOrigin {
  private headers: TraceHeaders | undefined;

  constructor(
    private readonly context: ExecutionContext,
    readonly point: EnforcementPointName,
  ) {}

  get kind(): ContextKind | undefined {
    const adapter = this.adapter;
    return KINDS.find((kind) => CONTEXTS[kind] === adapter);
  }

  get route(): string {
    const { context } = this;
    return this.adapter?.routeLabel(context) ?? `${context.getClass().name}.${context.getHandler().name}`;
  }

  get mcp(): McpTarget | undefined {
    return this.adapter?.mcpTarget(this.context);
  }

  get requestId(): string | undefined {
    const { headers, id } = this.adapter?.carrier(this.context) ?? {};
    return [headers?.['x-request-id'], id].map(text).find((value) => value !== undefined);
  }

  get traceHeaders(): TraceHeaders {
    return (this.headers ??= traceHeadersOf(this.adapter?.carrier(this.context)?.headers));
  }

  private get adapter(): ContextAdapter | undefined {
    return findAdapter(this.context);
  }
}

const KINDS = Object.keys(CONTEXTS) as ContextKind[];

function text(value: unknown): string | undefined {
  return (typeof value === 'string' && value !== '') || typeof value === 'number' ? String(value) : undefined;
}
