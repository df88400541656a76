import type { Environment } from '../config/index.js';
import { ensureDevelopmentKeys, refuseInProduction } from './development-keys.js';
import { startOrders } from './orders.js';

/**
 * Starts what the project's own `gateway.yaml` needs: the development keys, and an upstream to protect.
 *
 * @returns the environment that the file is read with
 * @throws ConfigError in production
 */
export async function startDemo(env: Environment): Promise<Environment> {
  refuseInProduction(env);
  await ensureDevelopmentKeys(env);
  return { ...env, DEMO_ORDERS_URL: await startOrders() };
}
