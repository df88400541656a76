import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toNodeHandler } from '@modelcontextprotocol/node';
import type { NodeIncomingMessageLike } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { z } from 'zod';

const ORDER = { inputSchema: z.object({ id: z.number() }) };
const textResult = (text: string) => ({ content: [{ type: 'text' as const, text }] });

function createOrdersServer(): McpServer {
  const server = new McpServer({ name: 'orders', version: '1.0.0' });
  server.registerTool('read_order', ORDER, ({ id }) => textResult(`Order ${id}: 3 × tea`));
  server.registerTool('cancel_order', ORDER, ({ id }) => textResult(`Order ${id} is cancelled`));
  return server;
}

/** A running MCP server. */
export interface RunningServer {
  readonly url: string;
  close(): void;
}

/** Starts an MCP server of the official SDK. The server offers two tools to every client. */
export async function startOrdersServer(): Promise<RunningServer> {
  const handler = toNodeHandler(createMcpHandler(createOrdersServer));
  // NodeIncomingMessageLike does not allow undefined for its optional properties.
  const server = createServer(
    (request, response) => void handler(request as NodeIncomingMessageLike, response),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`, close };
}
