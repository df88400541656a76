import type { HttpRequest } from './http-request.js';
import type { Input } from './source.js';

/**
 * A call that isn't a plain HTTP request: a GraphQL field, a WebSocket event, a microservice message or an MCP method.
 * The input shapes read their data from here.
 */
export interface Call {
  /** The user that the context itself holds; `undefined` means anonymous. */
  readonly user: unknown;
  /** AuthZEN's `action.name`. */
  readonly action: string;
  /** AuthZEN's `resource`. */
  readonly resource: { readonly type: string; readonly id: string };
  /** What the policy sees as `input.request`. Its fields depend on the kind of context. */
  readonly request: Input;
  /** The HTTP request that carried the call; `undefined` without one. */
  readonly http?: HttpRequest | undefined;
  /** The IP address of the client; `undefined` when the context does not tell it. */
  readonly ip?: string | undefined;
}
