import { request } from 'node:http';
import { HttpAgent } from 'agentkeepalive';
import { POLICY } from '../lib/question.mjs';
import { MAX_SOCKETS } from '../lib/limits.mjs';

/**
 * Plain `http.request` over agentkeepalive: the baseline of the comparison. `ask` sets no deadline;
 * a caller that needs one gets the request.
 *
 * @type {import('../lib/clients.mjs').Open}
 */
export async function openHttp(url) {
  const agent = new HttpAgent({ maxSockets: MAX_SOCKETS, maxFreeSockets: MAX_SOCKETS });
  const { hostname: host, port } = new URL(url);
  const path = `/v1/data/${POLICY}`;
  const ask = (input, onRequest) =>
    new Promise((resolve, reject) => {
      const body = JSON.stringify({ input });
      const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
      const req = request({ agent, host, port, path, method: 'POST', headers }, (res) => {
        const chunks = [];
        res.on('data', (chunk) => chunks.push(chunk));
        res.on('error', reject);
        res.on('end', () => {
          if (res.statusCode === 200) resolve(JSON.parse(Buffer.concat(chunks).toString()).result);
          else reject(new Error(`OPA answered ${res.statusCode}`));
        });
      });
      req.on('error', reject);
      onRequest?.(req);
      req.end(body);
    });
  return { ask, close: async () => agent.destroy() };
}
