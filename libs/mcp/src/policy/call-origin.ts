import type { EnforcementPointName, McpTarget, OpaDecisionOrigin, TraceHeaders } from 'nestjs-opa';
import { ContextOrigin, traceHeadersOf } from 'nestjs-opa/internal';
import type { McpCall } from '../protocol/call.js';
import { resourceParameterOf } from '../protocol/methods/index.js';
import { isObject } from '../protocol/parse.js';
import type { McpOrigin } from './enforcer.js';

/** What a decision about an MCP message is about, for decision events. */
export class CallOrigin implements OpaDecisionOrigin {
  readonly kind = 'mcp';
  private readonly http: ContextOrigin | undefined;

  constructor(
    private readonly call: McpCall,
    { context }: McpOrigin,
    readonly point: EnforcementPointName,
  ) {
    this.http = context === undefined ? undefined : new ContextOrigin(context, point);
  }

  get route(): string | undefined {
    return this.http?.route;
  }

  get requestId(): string | undefined {
    return this.http?.requestId;
  }

  get mcp(): McpTarget {
    const { method, params = {} } = this.call.request;
    const parameter = resourceParameterOf(method);
    const target = parameter === undefined ? undefined : params[parameter];
    return { method, ...(typeof target === 'string' && { target }) };
  }

  /** The trace context in `params._meta`, else the one of the HTTP request. */
  get traceHeaders(): TraceHeaders {
    const meta = this.call.request.params?.['_meta'];
    const inMessage = isObject(meta) ? traceHeadersOf(meta) : {};
    return inMessage.traceparent === undefined ? (this.http?.traceHeaders ?? inMessage) : inMessage;
  }
}
