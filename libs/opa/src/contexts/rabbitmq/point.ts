import type { ExecutionContext } from '@nestjs/common';
import {
  codesOf,
  DENIED,
  DENIED_MESSAGE,
  denialDetails,
  failureDetails,
  failureMessage,
} from '../../decision/index.js';
import { matchesHeader } from '../../input/index.js';
import type { EnforcementPoint } from '../enforcement-point.js';
import { rabbitDelivery } from './delivery.js';
import { rabbitHandlerOptions } from './handler-options.js';
import { RabbitRefusal } from './refusal.js';

/** The code of a failure that the message itself causes. */
const BAD_MESSAGE = 'BAD_REQUEST';

/**
 * Enforces decisions on messages of RabbitMQ. The publisher of a refused RPC gets the reply `{ status: 'error', code, message }`,
 * with `reasons` and `decisionId` when the policy gives them. Another denied message is nacked without requeue.
 *
 * @remarks Policy headers are removed from the message. The headers of an allow are not set there:
 * `@golevelup/nestjs-rabbitmq` copies the headers of a message onto the reply, which the publisher reads. A publisher that
 * disconnects does not abort a decision, because RabbitMQ does not tell.
 */
export const rabbitPoint: EnforcementPoint = {
  strip,
  permit: () => undefined,
  whileConnected: (_context, work) => work(undefined),
  denial: (context, decision) =>
    new RabbitRefusal(
      { status: 'error', code: DENIED.rpc, message: DENIED_MESSAGE, ...denialDetails(decision) },
      true,
      expectsReply(context),
    ),
  failure: (context, error) => {
    const { rpc: code } = codesOf(error);
    const body = { status: 'error', code, message: failureMessage(error), ...failureDetails(error) } as const;
    return new RabbitRefusal(body, code === BAD_MESSAGE, expectsReply(context), { cause: error });
  },
  reply: () => undefined,
  challenge: 'reasons',
};

function strip(context: ExecutionContext, patterns: readonly string[]): void {
  for (const { properties } of rabbitDelivery(context).messages) {
    const { headers = {} } = properties;
    for (const name of Object.keys(headers))
      if (matchesHeader(name, patterns)) Reflect.deleteProperty(headers, name);
  }
}

function expectsReply(context: ExecutionContext): boolean {
  const [, message] = context.getArgs<[unknown, { properties?: { replyTo?: unknown } } | undefined]>();
  const isRpc = rabbitHandlerOptions(context.getHandler())?.type === 'rpc';
  return isRpc && Boolean(message?.properties?.replyTo);
}
