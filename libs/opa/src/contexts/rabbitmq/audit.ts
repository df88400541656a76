import type { ContextAudit } from '../audit.js';
import { rabbitHandlerOptions } from './handler-options.js';

/** The audit of handlers of RabbitMQ: each is `exchange/routing key`; of a queue alone it is `/queue`. */
export const rabbitAudit: ContextAudit = {
  routes: ({ method }) => {
    const options = rabbitHandlerOptions(method);
    if (options === undefined) return [];
    const { exchange = '', routingKey, queue, name } = options;
    const keys = [routingKey ?? []].flat();
    if (keys.length > 0) return keys.map((key) => `${exchange}/${key}`);
    return [name ?? `${exchange}/${queue ?? ''}`];
  },
  // The library makes each handler once, so that enhancers of request scope do not run.
  globalReach: () => ({ scopes: 'static' }),
  neverAsked: () => undefined,
};
