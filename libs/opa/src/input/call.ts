import type { HttpRequest } from './http-request.js';
import type { Input } from './source.js';

/**
 * A call that isn't a plain HTTP request, as the shapes see it: a GraphQL field, a WebSocket event, a microservice
 * message, an MCP method.
 */
export interface Call {
  /** Who calls, by what the context itself knows; `undefined` means anonymous. */
  readonly user: unknown;
  /** AuthZEN's `action.name`. */
  readonly action: string;
  /** AuthZEN's `resource`. */
  readonly resource: { readonly type: string; readonly id: string };
  /** What the policy sees as `request`, in the context's own terms. */
  readonly request: Input;
  /** The HTTP request that carried it, if one did. */
  readonly http?: HttpRequest | undefined;
  /** The caller's address, if it is known. */
  readonly ip?: string | undefined;
}
