import { OpaError } from 'nestjs-opa';
import type { McpHttpRequest } from '../options/options.js';
import type { McpGatewaySettings } from '../options/options.schema.js';
import type { McpCaller } from '../protocol/call.js';

/**
 * Reads the claims of a request's caller. Each session and task belongs to a `sub`. Without a `sub`, callers could use
 * each other's sessions and tasks.
 *
 * @throws OpaError `OPA_BAD_INPUT` when the caller has no non-empty text `sub`
 */
export function claimsOf(claims: McpGatewaySettings['claims'], request: McpHttpRequest): McpCaller['claims'] {
  const caller = claims(request);
  if (caller === undefined) return undefined;
  const { sub } = Object(caller) as { readonly sub?: unknown };
  if (typeof sub === 'string' && sub.trim() !== '') return caller as Readonly<Record<string, unknown>>;
  throw new OpaError(
    'OPA_BAD_INPUT',
    'McpGatewayModule: the caller has no "sub" that is a text. Give one in request.user, or with option "claims".',
  );
}
