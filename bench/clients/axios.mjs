import { Agent } from 'node:http';
import axios from 'axios';
import { POLICY } from '../lib/question.mjs';
import { MAX_SOCKETS } from '../lib/limits.mjs';

/**
 * Axios with a keep-alive agent.
 *
 * @type {import('../lib/clients.mjs').Open}
 */
export async function openAxios(url) {
  const agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS, maxFreeSockets: MAX_SOCKETS });
  return client(axios.create({ baseURL: url, httpAgent: agent }), () => agent.destroy());
}

/**
 * Axios with its default options: no agent.
 *
 * @type {import('../lib/clients.mjs').Open}
 */
export async function openAxiosAsItComes(url) {
  return client(axios.create({ baseURL: url }), () => undefined);
}

function client(instance, end) {
  const path = `/v1/data/${POLICY}`;
  return {
    ask: async (input) => (await instance.post(path, { input })).data.result,
    close: async () => end(),
  };
}
