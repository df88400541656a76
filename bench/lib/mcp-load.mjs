import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { WrongAnswer } from './load.mjs';

/** Fifty tools, of which a reader sees forty. */
export const TOOLS = Array.from({ length: 50 }, (_, i) => ({
  name: `${i % 5 === 4 ? 'admin' : 'weather'}-${i}`,
  description: 'Tells the weather of a place, now or on a later day',
  inputSchema: { type: 'object', properties: { place: { type: 'string' } }, required: ['place'] },
}));

/** A key, as the gateway reads it, and a token of a reader. */
export async function makeToken() {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
  const key = { ...(await exportJWK(publicKey)), kid: 'bench', alg: 'RS256', use: 'sig' };
  const token = await new SignJWT({ role: 'reader' })
    .setProtectedHeader({ alg: 'RS256', kid: 'bench' })
    .setIssuer('https://bench.example')
    .setAudience('bench')
    .setSubject('alice')
    .setExpirationTime('1h')
    .sign(privateKey);
  return { jwks: { keys: [key] }, token };
}

const callOf = (n, name = 'weather-0') => ({
  jsonrpc: '2.0',
  id: n,
  method: 'tools/call',
  params: { name, arguments: { place: `place ${n}` } },
});

/**
 * An {@link import('./load.mjs').Ask} of a tool call, or of the list of the tools; no two are equal.
 *
 * @param {import('./http-load.mjs').HttpLoad} load
 * @param {string} path
 * @param {string} token
 * @param {{ list?: boolean, shown?: number }} how - `shown` is how many tools must be listed
 */
export function mcpAsker(load, path, token, { list = false, shown = TOOLS.length } = {}) {
  return async (n) => {
    const message = list ? { jsonrpc: '2.0', id: n, method: 'tools/list' } : callOf(n);
    const { status, text } = await load.post(path, token, JSON.stringify(message));
    if (status !== 200) throw Object.assign(new Error('No answer'), { code: status });
    const { id, result } = JSON.parse(text);
    const right = list ? result?.tools.length === shown : result?.content.length === 1;
    if (id !== n || !right) throw new WrongAnswer(n, text.slice(0, 100), 'a result');
  };
}

const agent = new Agent({ keepAlive: true, maxSockets: Infinity });

async function send(port, path, token, method, body, more = {}) {
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    authorization: `Bearer ${token}`,
    ...more,
  };
  const sent = request({ host: '127.0.0.1', port, path, method, headers, agent });
  sent.end(body && JSON.stringify(body));
  const [answer] = await once(sent, 'response');
  if (answer.statusCode !== 200) throw new Error(`${method} ${path} answers ${answer.statusCode}`);
  return answer;
}

/** How long a stream's first event takes, in milliseconds. */
export async function firstEvent(port, path, token, n) {
  const start = performance.now();
  const answer = await send(port, path, token, 'POST', callOf(n, 'stream'));
  const ended = once(answer, 'end');
  await once(answer, 'data');
  const took = performance.now() - start;
  await ended;
  return took;
}

/** Opens a session and its standing stream. */
export async function openSession(port, path, token) {
  const params = {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'bench', version: '1' },
  };
  const message = { jsonrpc: '2.0', id: 0, method: 'initialize', params };
  const opened = await send(port, path, token, 'POST', message);
  opened.resume();
  await once(opened, 'end');
  const session = { 'mcp-session-id': opened.headers['mcp-session-id'] };
  return send(port, path, token, 'GET', undefined, session);
}
