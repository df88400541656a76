import type { OpaService } from 'nestjs-opa';
import { McpPolicyEnforcer } from 'nestjs-opa/mcp';
import type { McpEnforcer, OutputSchemas } from 'nestjs-opa/mcp';
import { ConfigError } from '../config/index.js';
import type { McpEntry } from '../config/index.js';

/**
 * What decides an MCP server.
 *
 * @param policy - the decision of entries that name none
 * @throws ConfigError when the entry can't be enforced
 */
export function enforcerOf(
  entry: McpEntry,
  policy: string,
  opa: OpaService,
  schemas: OutputSchemas,
): McpEnforcer {
  if (entry.plugin !== undefined) {
    throw new ConfigError(`mcp: ${entry.name}: plugin files are not supported yet: give policy and its like`);
  }
  return new McpPolicyEnforcer(opa, { ...entry, policy: entry.policy ?? policy }, schemas);
}
