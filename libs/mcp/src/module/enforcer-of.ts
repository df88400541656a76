import type { Provider } from '@nestjs/common';
import { McpPolicyEnforcer } from '../policy/policy-enforcer.js';
import { OutputSchemas } from '../protocol/output-schemas.js';
import { PluginEnforcer } from '../contextforge/plugin-enforcer.js';
import type { McpEnforcer } from '../policy/enforcer.js';
import { OpaInstances } from './opa-instances.js';
import { listTools } from '../upstream/list-tools.js';
import type { McpServer } from '../http/mcp-server.js';
import type { EntryPlugin } from '../contextforge/plugins.js';

/** The injection token of what decides an MCP server. */
export const enforcerToken = (name: string): symbol => Symbol.for(`gateway:enforcer:${name}`);

/**
 * Provides what decides an MCP server: its policies, or the plugins of its file.
 *
 * @param policy - the decision of entries that name none
 */
export function enforcerOf(
  server: McpServer,
  policy: string,
  plugins: readonly EntryPlugin[] | undefined,
): Provider<McpEnforcer> {
  const { entry } = server;
  const schemas = new OutputSchemas((call) => listTools(server, call));
  return {
    provide: enforcerToken(entry.name),
    inject: [OpaInstances],
    useFactory: (instances: OpaInstances) => {
      if (plugins === undefined) {
        const policies = { ...entry, policy: entry.policy ?? policy };
        return new McpPolicyEnforcer(instances.of(undefined), policies, schemas);
      }
      const deciding = plugins.map(({ plugin, instance }) => ({ plugin, opa: instances.of(instance) }));
      return new PluginEnforcer(deciding, schemas);
    },
  };
}
