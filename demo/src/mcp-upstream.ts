import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toNodeHandler } from '@modelcontextprotocol/node';
import type { NodeIncomingMessageLike } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer, ResourceTemplate } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { Order, Orders } from './orders.js';

const ORDER = z.object({
  id: z.number(),
  item: z.string(),
  quantity: z.number(),
  customer: z.object({ name: z.string(), email: z.string() }),
});
const BY_ID = z.object({ id: z.number() });
const MARGINS = 'tea 40 %, coffee 55 %, cocoa 70 %';

/**
 * Starts the demo's MCP server, which offers orders as tools, prompts and resources to clients of both protocol eras.
 *
 * @returns the URL of the server
 */
export async function startMcpUpstream(orders: Orders): Promise<string> {
  const handler = toNodeHandler(createMcpHandler(() => serverOf(orders)));
  // NodeIncomingMessageLike does not allow undefined for its optional properties.
  const server = createServer(
    (request, response) => void handler(request as NodeIncomingMessageLike, response),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
}

function serverOf(orders: Orders): McpServer {
  const server = new McpServer({ name: 'nestjs-opa-demo', version: '1.0.0' });
  addTools(server, orders);
  addPrompt(server, orders);
  addResources(server, orders);
  return server;
}

function addTools(server: McpServer, orders: Orders): void {
  const read = { description: 'Reads an order', inputSchema: BY_ID, outputSchema: ORDER };
  server.registerTool('read_order', read, ({ id }) => {
    const order = orderOf(orders, id);
    return { ...textResult(describe(order)), structuredContent: order };
  });

  const amount = z.object({ id: z.number(), amount: z.number().positive() });
  const refund = { description: 'Pays money back for an order', inputSchema: amount };
  server.registerTool('refund_order', refund, (args) => {
    const { customer } = orderOf(orders, args.id);
    return textResult(`Refunded ${args.amount} to ${customer.name} (${customer.email}).`);
  });

  const cancel = { description: 'Cancels an order', inputSchema: BY_ID };
  server.registerTool('cancel_order', cancel, ({ id }) => {
    orders.delete(orderOf(orders, id).id);
    return textResult(`Order ${id} is cancelled.`);
  });
}

function addPrompt(server: McpServer, orders: Orders): void {
  const apology = { description: 'Asks for a letter of apology', argsSchema: z.object({ id: z.string() }) };
  server.registerPrompt('apology', apology, ({ id }) => {
    const text = `Write a short letter of apology about this order. ${describe(orderOf(orders, Number(id)))}`;
    return { messages: [{ role: 'user', content: { type: 'text', text } }] };
  });
}

function addResources(server: McpServer, orders: Orders): void {
  const uriOf = ({ id }: Order) => ({ uri: `orders://${id}`, name: `Order ${id}` });
  const template = new ResourceTemplate('orders://{id}', {
    list: () => ({ resources: [...orders.values()].map(uriOf) }),
  });
  server.registerResource('order', template, { mimeType: 'application/json' }, (uri, { id }) => ({
    contents: [{ uri: uri.href, text: JSON.stringify(orderOf(orders, Number(id))) }],
  }));
  server.registerResource('margins', 'shop://margins', { mimeType: 'text/plain' }, (uri) => ({
    contents: [{ uri: uri.href, text: MARGINS }],
  }));
}

const textResult = (text: string) => ({ content: [{ type: 'text' as const, text }] });

const describe = ({ id, item, quantity, customer }: Order): string =>
  `Order ${id}: ${quantity} × ${item} for ${customer.name} (${customer.email}).`;

function orderOf(orders: Orders, id: number): Order {
  const order = orders.get(id);
  if (!order) throw new Error(`There is no order ${id}`);
  return order;
}
