// An MCP server that does almost nothing, so that the benchmark measures the gateway in front of it.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { watchCpu } from '../lib/gauges.mjs';
import { TOOLS } from '../lib/mcp-load.mjs';
import { serve } from '../lib/worker.mjs';

const CONTENT = { content: [{ type: 'text', text: 'It is sunny, and 21 degrees.' }] };
const RESULTS = {
  initialize: {
    protocolVersion: '2025-11-25',
    capabilities: { tools: {} },
    serverInfo: { name: 'bench', version: '1' },
  },
  'tools/list': { tools: TOOLS },
  'tools/call': CONTENT,
};
const PROGRESS =
  'data: {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}\n\n';
const EVENTS = { 'content-type': 'text/event-stream' };
let sessions = 0;

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.writeHead(200, EVENTS).flushHeaders();
    return;
  }
  let text = '';
  request.on('data', (chunk) => (text += chunk));
  request.on('end', () => {
    const { id, method, params } = JSON.parse(text);
    const answer = JSON.stringify({ jsonrpc: '2.0', id, result: RESULTS[method] });
    if (params?.name === 'stream') {
      response.writeHead(200, EVENTS).write(PROGRESS);
      setTimeout(() => response.end(`data: ${answer}\n\n`), 5);
      return;
    }
    const session = method === 'initialize' ? { 'mcp-session-id': `bench-${(sessions += 1)}` } : {};
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(answer) };
    response.writeHead(200, { ...headers, ...session }).end(answer);
  });
}).listen(0, '127.0.0.1');
// The connections are idle while other workers have their turn.
server.keepAliveTimeout = 0;
await once(server, 'listening');

let cpu;
serve(
  { beginCpu: () => (cpu = watchCpu()) && undefined, endCpu: () => cpu() },
  { port: server.address().port, path: '/mcp' },
);
