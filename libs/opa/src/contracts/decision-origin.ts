import type { ContextKind } from './context-kind.js';
import type { TraceHeaders } from './trace-headers.js';

/**
 * Which part of the library makes a decision.
 *
 * - `guard`: about a request, before the handler runs.
 * - `interceptor`: about the result of a handler.
 * - `list`: about the items of a list: `OpaService.filter`, and the lists of MCP servers.
 * - `mcp`: about a message to or from an MCP server behind the gateway.
 * - `code`: the application's own code called `OpaService`.
 */
export type EnforcementPointName = 'guard' | 'interceptor' | 'list' | 'mcp' | 'code';

/** An MCP message, as decision events name it. */
export interface McpTarget {
  /** The MCP method, such as `tools/call`. */
  readonly method: string;
  /** The name of the tool or prompt, or the URI of the resource; `undefined` for methods that name none. */
  readonly target?: string | undefined;
}

/**
 * What a decision is about, for decision events. Nobody reads an origin before something listens to the events, so that its
 * members may be getters.
 */
export interface OpaDecisionOrigin {
  /** Default: `'code'`. */
  readonly point?: EnforcementPointName | undefined;
  /** The kind of the execution context; `undefined` where the application's own code asks. */
  readonly kind?: ContextKind | undefined;
  /** The route's template, such as `GET /orders/:id`, or the handler's name, such as `Query.orders`. Never a path. */
  readonly route?: string | undefined;
  /** The MCP message; `undefined` for every other kind of route. */
  readonly mcp?: McpTarget | undefined;
  /** The client's `x-request-id`, else the id that the HTTP framework gave the request. */
  readonly requestId?: string | undefined;
  /** The trace context of the client. The library sends it to OPA. */
  readonly traceHeaders?: TraceHeaders | undefined;
}
