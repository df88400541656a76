import type { ExecutionContext } from '@nestjs/common';
import type { Decision, HeaderValues } from 'nestjs-opa';
import type { McpCall } from '../protocol/call.js';

/** Why a call must not go on, or a result must not leave. */
export interface McpRefusal {
  /**
   * `denied`: a policy denied it. `limited`: a policy's limit of the rate stopped it. `failed`: no decision could be made.
   * `invalid`: the client's request is wrong.
   */
  readonly kind: 'denied' | 'limited' | 'failed' | 'invalid';
  /** The code of the JSON-RPC error. */
  readonly code: number;
  /** The message of the JSON-RPC error. */
  readonly message: string;
  /**
   * The `data` of the JSON-RPC error: a denial's reasons and decision id, when the policy gives them; a limit's `retryAfter`
   * in seconds.
   */
  readonly data?: Readonly<Record<string, unknown>> | undefined;
  /** The HTTP status, for configurations that report denials by status. */
  readonly status: number;
  /** The `WWW-Authenticate` of a step-up. Until a stream has begun, the status is then 403. */
  readonly challenge?: string | undefined;
  /** How many seconds the client should wait, where OPA or this process is overloaded or away, or a limit stopped the call. */
  readonly retryAfter?: number | undefined;
  /** The denial's headers for the HTTP response, with lower-case names. A stream that has begun can't carry them. */
  readonly headers?: HeaderValues | undefined;
}

/**
 * The headers of an allow; `{}` without any. `headers` are set on the HTTP request to the MCP server, `removeHeaders` are
 * taken out of it, and `responseHeaders` are set on the HTTP response to the client. The sender must not change the
 * headers that the protocol itself reads.
 */
export type McpPermit = Partial<Pick<Decision, 'headers' | 'removeHeaders' | 'responseHeaders'>>;

/** The decision on a request: the request goes on with the permit's headers, or the client gets the refusal. */
export type McpAdmission = { readonly permit: McpPermit } | { readonly refusal: McpRefusal };

/** The items that a list policy has hidden. */
export interface McpHidden {
  /** The names of the items. */
  readonly names: readonly string[];
  /** OPA's id of the decision. */
  readonly decisionId?: string;
}

/** The decision on a result: the result that the client gets, with headers for the HTTP response, or a refusal. */
export type McpResult =
  | { readonly result: unknown; readonly hidden?: McpHidden; readonly headers?: HeaderValues }
  | { readonly refusal: McpRefusal };

/** The HTTP request that brings a call. */
export interface McpOrigin {
  /** Aborts the decision when the client has gone. */
  readonly signal?: AbortSignal | undefined;
  /** What Nest knows of the HTTP request, for the application's obligation handlers. */
  readonly context?: ExecutionContext | undefined;
}

/** Decides the requests to one MCP server, and its results. */
export interface McpEnforcer {
  /** Decides a request. A decision that can't be made is a refusal; the promise never rejects for it. */
  before(call: McpCall, origin?: McpOrigin): Promise<McpAdmission>;
  /** Whether {@link McpEnforcer.after} must decide the results of a call. */
  seesResult(call: McpCall): boolean;
  /** Decides a result of a call that {@link McpEnforcer.before} has permitted. */
  after(call: McpCall, result: unknown, origin?: McpOrigin): Promise<McpResult>;
}
