import { OPAClient } from '@open-policy-agent/opa';
import { POLICY } from '../lib/question.mjs';

/**
 * OPA's TypeScript SDK with its default options.
 *
 * @type {import('../lib/clients.mjs').Open}
 */
export async function openSdk(url) {
  const opa = new OPAClient(url);
  return { ask: (input) => opa.evaluate(POLICY, input), close: async () => undefined };
}
