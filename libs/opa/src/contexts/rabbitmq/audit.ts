import type { ContextAudit } from '../audit.js';
import { rabbitHandlerOptions } from './handler-options.js';

/** The audit of RabbitMQ handlers. A route is `exchange/routing key`, or `/queue` for a handler that names only a queue. */
export const rabbitAudit: ContextAudit = {
  routes: ({ method }) => {
    const options = rabbitHandlerOptions(method);
    if (options === undefined) return [];
    const { exchange = '', routingKey, queue, name } = options;
    const keys = [routingKey ?? []].flat();
    if (keys.length > 0) return keys.map((key) => `${exchange}/${key}`);
    return [name ?? `${exchange}/${queue ?? ''}`];
  },
  // `@golevelup/nestjs-rabbitmq` makes each handler once, without a request: enhancers of request scope do not run.
  globalReach: () => ({ scopes: 'static' }),
  neverEvaluated: () => undefined,
};
