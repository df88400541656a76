import type { ContextAdapter } from '../adapter.js';
import { byArguments } from '../call-arguments.js';
import { rabbitAudit } from './audit.js';
import { rabbitCarrier } from './delivery.js';
import { rabbitPoint } from './point.js';
import { rabbitSource } from './source.js';

/** Messages of RabbitMQ that `@golevelup/nestjs-rabbitmq` delivers. */
export const rabbitAdapter: ContextAdapter = {
  ...byArguments,
  matches: (context) => context.getType<string>() === 'rmq',
  source: rabbitSource,
  routeLabel: () => undefined,
  carrier: rabbitCarrier,
  point: rabbitPoint,
  results: { leaves: () => 'last', isReplyBody: false, globalInterceptorsRun: false, isEditable: () => true },
  audit: rabbitAudit,
};
