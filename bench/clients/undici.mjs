import { Agent, request } from 'undici';
import { POLICY } from '../lib/question.mjs';
import { MAX_SOCKETS } from '../lib/limits.mjs';

/**
 * undici's `request` with a pool.
 *
 * @type {import('../lib/clients.mjs').Open}
 */
export async function openUndici(url) {
  const dispatcher = new Agent({ connections: MAX_SOCKETS });
  const headers = { 'content-type': 'application/json' };
  const target = `${url}/v1/data/${POLICY}`;
  const ask = async (input) => {
    const body = JSON.stringify({ input });
    const answer = await request(target, { dispatcher, method: 'POST', headers, body });
    const { result } = await answer.body.json();
    if (answer.statusCode !== 200) throw new Error(`OPA answered ${answer.statusCode}`);
    return result;
  };
  return { ask, close: () => dispatcher.close() };
}
