import { fastify } from 'fastify';

interface Order {
  id: number;
  item: string;
  quantity: number;
  customer: { name: string; email: string };
}

const ORDERS: Order[] = [
  { id: 1001, item: 'tea', quantity: 2, customer: { name: 'Ada Lovelace', email: 'ada@example.com' } },
  { id: 1002, item: 'coffee', quantity: 1, customer: { name: 'Alan Turing', email: 'alan@example.com' } },
  { id: 1003, item: 'cocoa', quantity: 5, customer: { name: 'Grace Hopper', email: 'grace@example.com' } },
];

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

/** Starts the demo's upstream, orders with their customers' e-mail addresses, kept in memory; gives its URL. */
export async function startOrders(): Promise<string> {
  const orders = new Map(ORDERS.map((order) => [order.id, order]));
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
