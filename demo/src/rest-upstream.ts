import { fastify } from 'fastify';
import type { Order, Orders } from './orders.js';

const text = { type: 'string', minLength: 1 };
const ORDER_SCHEMA = {
  type: 'object',
  required: ['item', 'quantity', 'customer'],
  properties: {
    item: text,
    quantity: { type: 'integer', minimum: 1 },
    customer: { type: 'object', required: ['name', 'email'], properties: { name: text, email: text } },
  },
};

/**
 * Starts the demo's REST upstream, which serves orders with the e-mail addresses of their customers.
 *
 * @returns the URL of the upstream
 */
export async function startRestUpstream(orders: Orders): Promise<string> {
  const server = fastify();
  const missing = { statusCode: 404, error: 'Not Found', message: 'No such order' };

  server.get('/', () => [...orders.values()]);
  server.get<{ Params: { id: string } }>('/:id', (request, reply) => {
    return orders.get(Number(request.params.id)) ?? reply.code(404).send(missing);
  });
  server.post<{ Body: Omit<Order, 'id'> }>('/', { schema: { body: ORDER_SCHEMA } }, (request, reply) => {
    const id = Math.max(1000, ...orders.keys()) + 1;
    const { item, quantity, customer } = request.body;
    const order = { id, item, quantity, customer };
    orders.set(id, order);
    return reply.code(201).send(order);
  });
  server.delete<{ Params: { id: string } }>('/:id', (request, reply) => {
    return orders.delete(Number(request.params.id)) ? reply.code(204).send() : reply.code(404).send(missing);
  });
  return server.listen({ host: '127.0.0.1', port: 0 });
}
