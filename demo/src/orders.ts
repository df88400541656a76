/** An order of the demo. The policies protect the e-mail address of its customer. */
export interface Order {
  id: number;
  item: string;
  quantity: number;
  customer: { name: string; email: string };
}

/** Orders by id, in memory. */
export type Orders = Map<number, Order>;

const ORDERS: Order[] = [
  { id: 1001, item: 'tea', quantity: 2, customer: { name: 'Ada Lovelace', email: 'ada@example.com' } },
  { id: 1002, item: 'coffee', quantity: 1, customer: { name: 'Alan Turing', email: 'alan@example.com' } },
  { id: 1003, item: 'cocoa', quantity: 5, customer: { name: 'Grace Hopper', email: 'grace@example.com' } },
];

/** The orders that exist when the demo starts. */
export const firstOrders = (): Orders => new Map(ORDERS.map((order) => [order.id, order]));
