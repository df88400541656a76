import type { Decision, HeaderValues } from 'nestjs-opa';
import type { McpCall } from '../protocol/call.js';

/** Why a call, or its result, doesn't go on. */
export interface McpRefusal {
  /** `denied` by policy; `failed`, no decision could be had; `invalid`, the client's request is wrong. */
  readonly kind: 'denied' | 'failed' | 'invalid';
  /** The code of the JSON-RPC error. */
  readonly code: number;
  readonly message: string;
  /** `data` of the JSON-RPC error: reasons and decision id of a denial, when the policy gives them. */
  readonly data?: Readonly<Record<string, unknown>> | undefined;
  /** The HTTP status where one is asked for. */
  readonly status: number;
  /** The `WWW-Authenticate` of a step-up: always HTTP 403 while no stream has begun. */
  readonly challenge?: string | undefined;
  /** The denial's headers, for the HTTP answer while no stream has begun; in small letters. */
  readonly headers?: HeaderValues | undefined;
}

/**
 * The headers that an allow brings along: `headers` are set on the HTTP request that the MCP server gets of the message,
 * `removeHeaders` are taken out of it, `responseHeaders` are set on the client's HTTP answer. What the protocol itself
 * reads is to be kept as it is by whoever sends the two.
 */
export type McpPermit = Pick<Decision, 'headers' | 'removeHeaders' | 'responseHeaders'>;

/** What a list policy has taken out of a list. */
export interface McpHidden {
  /** The names of the items. */
  readonly names: readonly string[];
  /** OPA's id of the decision. */
  readonly decisionId?: string;
}

/** What leaves in place of the upstream's result, with headers for the client's HTTP answer; or a refusal. */
export type McpResult =
  | { readonly result: unknown; readonly hidden?: McpHidden; readonly headers?: HeaderValues }
  | { readonly refusal: McpRefusal };

/** Decides what goes to one MCP server, and what comes back from it. */
export interface McpEnforcer {
  /**
   * Decides a request; `undefined` lets it go on.
   *
   * @param permitted - told the headers that an allow brings along, when it brings any
   */
  before(
    call: McpCall,
    signal?: AbortSignal,
    permitted?: (permit: McpPermit) => void,
  ): Promise<McpRefusal | undefined>;
  /** Whether the results of this call must be decided before they leave. */
  seesResult(call: McpCall): boolean;
  /** Decides a result of a call that {@link McpEnforcer.before} has let go on. */
  after(call: McpCall, result: unknown, signal?: AbortSignal): Promise<McpResult>;
}
