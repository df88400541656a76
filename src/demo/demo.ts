import type { Environment } from '../config/index.js';
import { ensureDevelopmentKeys, refuseInProduction } from './development-keys.js';
import { startMcpUpstream } from './mcp-upstream.js';
import { firstOrders } from './orders.js';
import { startRestUpstream } from './rest-upstream.js';

/**
 * Starts what the project's own `gateway.yaml` needs: the development keys, and two upstreams to protect, which have
 * the same orders.
 *
 * @returns the environment that the file is read with
 * @throws ConfigError in production
 */
export async function startDemo(env: Environment): Promise<Environment> {
  refuseInProduction(env);
  await ensureDevelopmentKeys(env);
  const orders = firstOrders();
  const [rest, mcp] = await Promise.all([startRestUpstream(orders), startMcpUpstream(orders)]);
  return { ...env, DEMO_ORDERS_URL: rest, DEMO_MCP_URL: mcp };
}
