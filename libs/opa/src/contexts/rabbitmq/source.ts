import type { ExecutionContext } from '@nestjs/common';
import { isDeepStrictEqual } from 'node:util';
import { OpaError } from '../../contracts/index.js';
import type { InputSource, SourceOptions } from '../../input/index.js';
import { callSource, pickHeaders } from '../../input/index.js';
import type { RabbitMessage } from './delivery.js';
import { rabbitDelivery } from './delivery.js';
import { rabbitHandlerOptions } from './handler-options.js';

/**
 * Describes a message of RabbitMQ. `request` holds its `exchange`, `routingKey`, `data`, the allowed `headers`, and the
 * `userId` if the publisher set one; RabbitMQ verifies the `userId`. The subject is the `user` that a guard has set on the
 * message.
 *
 * @remarks A batch gets one decision. Its `data`, `headers` and `userId` are lists.
 * @throws OpaError `OPA_BAD_INPUT` for a batch whose messages differ in exchange, routing key or user
 */
export function rabbitSource(context: ExecutionContext, options: SourceOptions): InputSource {
  const { data, messages, isBatch } = rabbitDelivery(context);
  const [message] = messages;
  if (!messages.every((other) => isAlike(message, other))) throw mixedBatch(context);
  const { exchange, routingKey } = message.fields;
  const headers = messages.map(({ properties }) => pickHeaders(properties.headers ?? {}, options.headers));
  const userIds = messages.map(({ properties }) => properties.userId ?? null);
  const hasUserId = userIds.some((userId) => userId !== null);
  return callSource(
    'rabbitmq',
    {
      user: message.user,
      action: rabbitHandlerOptions(context.getHandler())?.type === 'rpc' ? 'message' : 'event',
      resource: { type: 'routing-key', id: `${exchange}/${routingKey}` },
      request: {
        exchange,
        routingKey,
        data,
        headers: isBatch ? headers : headers[0],
        ...(hasUserId && { userId: isBatch ? userIds : userIds[0] }),
      },
    },
    options,
  );
}

function isAlike(message: RabbitMessage, other: RabbitMessage): boolean {
  return (
    message.fields.exchange === other.fields.exchange &&
    message.fields.routingKey === other.fields.routingKey &&
    isDeepStrictEqual(message.user, other.user)
  );
}

function mixedBatch(context: ExecutionContext): OpaError {
  return new OpaError(
    'OPA_BAD_INPUT',
    `The messages of a batch to ${context.getClass().name} differ in exchange, routing key or user, so that no single ` +
      'decision fits them. Bind the queue to one routing key, or build the input with a function in option "input.shape".',
  );
}
