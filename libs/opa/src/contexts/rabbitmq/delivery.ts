import type { ExecutionContext } from '@nestjs/common';
import { OpaError } from '../../contracts/index.js';
import type { MessageCarrier } from '../adapter.js';

/** The members of a message of `amqplib` that the library reads. */
export interface RabbitMessage {
  readonly fields: { readonly exchange: string; readonly routingKey: string };
  readonly properties: {
    /** The headers that the publisher set. RabbitMQ does not check them. */
    readonly headers?: Record<string, unknown> | undefined;
    /** The user of the publisher's connection. RabbitMQ refuses a message that names a different user. */
    readonly userId?: unknown;
    /** The queue on which the publisher waits for a reply. */
    readonly replyTo?: unknown;
  };
  /** The user, if an authenticating guard has set it. */
  readonly user?: unknown;
}

/** The arguments of a handler of `@golevelup/nestjs-rabbitmq`. */
export interface RabbitDelivery {
  /** The data of the message; in a batch, the list of all data. */
  readonly data: unknown;
  /** The message, or all messages of a batch. */
  readonly messages: readonly [RabbitMessage, ...RabbitMessage[]];
  readonly isBatch: boolean;
}

/**
 * Returns the delivery of a RabbitMQ context.
 *
 * @throws OpaError `OPA_BAD_INPUT` when the handler was not called with a message
 */
export function rabbitDelivery(context: ExecutionContext): RabbitDelivery {
  const [data, raw] = context.getArgs<unknown[]>();
  const [first, ...others] = [raw].flat();
  if (isMessage(first) && others.every(isMessage))
    return { data, messages: [first, ...others], isBatch: Array.isArray(raw) };
  throw new OpaError(
    'OPA_BAD_INPUT',
    `A handler of ${context.getClass().name} was called without a RabbitMQ message, which the input needs. ` +
      'Let @golevelup/nestjs-rabbitmq call it.',
  );
}

/** Returns the headers of the message, of the first one in a batch; `undefined` without a message. */
export function rabbitCarrier(context: ExecutionContext): MessageCarrier | undefined {
  const [first] = [context.getArgs<unknown[]>()[1]].flat();
  return isMessage(first) ? { headers: first.properties.headers ?? {} } : undefined;
}

function isMessage(value: unknown): value is RabbitMessage {
  const { fields, properties } = (value ?? {}) as Partial<Record<keyof RabbitMessage, unknown>>;
  return (
    typeof fields === 'object' && fields !== null && typeof properties === 'object' && properties !== null
  );
}
