import type { ExecutionContext } from '@nestjs/common';
import { OpaError } from '../../contracts/index.js';

/** What the library reads of a message of `amqplib`. */
export interface RabbitMessage {
  readonly fields: { readonly exchange: string; readonly routingKey: string };
  readonly properties: {
    /** The headers of the publisher. RabbitMQ hands on what the publisher wrote. */
    readonly headers?: Record<string, unknown> | undefined;
    /** The user of the publisher's connection. RabbitMQ refuses a message with another one. */
    readonly userId?: unknown;
    /** Where the publisher waits for a reply. */
    readonly replyTo?: unknown;
  };
  /** Whom a guard that authenticates has found. */
  readonly user?: unknown;
}

/** What a handler of `@golevelup/nestjs-rabbitmq` is called with. */
export interface RabbitDelivery {
  /** What the publisher sent; in a batch the list of it. */
  readonly data: unknown;
  /** The message, or the messages of a batch. At least one. */
  readonly messages: readonly [RabbitMessage, ...RabbitMessage[]];
  readonly isBatch: boolean;
}

/**
 * The delivery of a context.
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
    `${context.getClass().name} was called without a message of RabbitMQ: there is no input for it.`,
  );
}

function isMessage(value: unknown): value is RabbitMessage {
  const { fields, properties } = (value ?? {}) as Partial<Record<keyof RabbitMessage, unknown>>;
  return (
    typeof fields === 'object' && fields !== null && typeof properties === 'object' && properties !== null
  );
}
