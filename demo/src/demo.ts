import type { Environment } from 'nestjs-opa-gateway';
import { ensureDevelopmentKeys, refuseInProduction } from './development-keys.js';
import { startMcpUpstream } from './mcp-upstream.js';
import { firstOrders } from './orders.js';
import { startRestUpstream } from './rest-upstream.js';

/**
 * Creates the development keys and starts two upstreams for the project's own `gateway.yaml`: a REST server and an MCP
 * server that share their orders.
 *
 * @returns the environment variables for `gateway.yaml`, with the addresses of both upstreams
 * @throws ConfigError in production
 */
export async function startDemo(env: Environment): Promise<Environment> {
  refuseInProduction(env);
  await ensureDevelopmentKeys(env);
  const orders = firstOrders();
  const [rest, mcp] = await Promise.all([startRestUpstream(orders), startMcpUpstream(orders)]);
  return { ...env, DEMO_ORDERS_URL: rest, DEMO_MCP_URL: mcp };
}
