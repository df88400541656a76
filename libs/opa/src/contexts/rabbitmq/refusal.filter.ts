import type { ExceptionFilter } from '@nestjs/common';
import { Catch } from '@nestjs/common';
import { nackWithoutRequeue } from '../optional-peers.js';
import { RabbitRefusal } from './refusal.js';

/**
 * Turns the refusal of a message into what `@golevelup/nestjs-rabbitmq` does with it: the reply of an RPC, or a nack
 * without requeue, which drops or dead-letters the message.
 *
 * @remarks The library requeues a message whose handler throws, by default. A denied message would come back at once,
 * for ever. A message that OPA could not be asked about is thrown on, so that the application's `errorHandler` or
 * `errorBehavior` decides.
 */
@Catch(RabbitRefusal)
export class RabbitRefusalFilter implements ExceptionFilter<RabbitRefusal> {
  async catch(refusal: RabbitRefusal): Promise<unknown> {
    if (refusal.expectsReply) return refusal.body;
    if (!refusal.isFinal) throw refusal;
    return nackWithoutRequeue();
  }
}
