import { OpaError } from 'nestjs-opa';
import type { McpServerEntry } from '../options/server.schema.js';

/**
 * The path of the policy that decides a server's requests.
 *
 * @throws OpaError `OPA_BAD_OPTIONS` when neither the server nor OpaModule has the option `policy`
 */
export function policyOf({ name, policy }: McpServerEntry, opa: { readonly policy?: string }): string {
  const path = policy ?? opa.policy;
  if (path !== undefined) return path;
  throw new OpaError(
    'OPA_BAD_OPTIONS',
    `McpGatewayModule: the server "${name}" has no option "policy", and OpaModule has none. Give one of the two.`,
  );
}
