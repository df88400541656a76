import type { ExceptionFilter } from '@nestjs/common';
import { Catch } from '@nestjs/common';
import { nackWithoutRequeue } from '../optional-peers.js';
import { RabbitRefusal } from './refusal.js';

/**
 * Converts the refusal of a message into a response of `@golevelup/nestjs-rabbitmq`: the reply of an RPC, or a nack
 * without requeue. The nack makes the broker drop or dead-letter the message.
 *
 * @remarks By default, `@golevelup/nestjs-rabbitmq` requeues a message whose handler throws, so that a denied message would
 * come back forever. When OPA could not decide about a message, the filter rethrows the refusal: the application's
 * `errorHandler` or `errorBehavior` handles it.
 */
@Catch(RabbitRefusal)
export class RabbitRefusalFilter implements ExceptionFilter<RabbitRefusal> {
  async catch(refusal: RabbitRefusal): Promise<unknown> {
    if (refusal.expectsReply) return refusal.body;
    if (!refusal.isFinal) throw refusal;
    return nackWithoutRequeue();
  }
}
