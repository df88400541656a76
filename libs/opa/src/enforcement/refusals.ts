import type { ExecutionContext } from '@nestjs/common';
import { HttpException, Logger } from '@nestjs/common';
import type { Decision } from '../contracts/index.js';
import { adapterOf } from '../contexts/index.js';
import { logFailure, refusalOf } from '../decision/index.js';
import { describeDenial, handlerName } from './denial-log.js';

const logger = new Logger('OpaEnforcement');

/** Makes the error that refuses a denied request, in the form of the context. */
export async function denial(context: ExecutionContext, decision: Decision): Promise<Error> {
  logger.debug(describeDenial(context, decision));
  return adapterOf(context).point.denial(context, decision);
}

/**
 * Makes the error that refuses a request without a decision. Only the log tells OPA's address and the cause.
 *
 * @param error - the failure. The application may throw an HttpException for its client, which is not replaced.
 */
export async function failure(context: ExecutionContext, error: unknown): Promise<Error> {
  if (error instanceof HttpException) return exceptionIn(context, error);
  logFailure(logger, error, handlerName(context));
  return adapterOf(context).point.failure(context, error);
}

/** Converts an exception of `OpaService.enforce` to the form of the context. It returns any other error unchanged. */
export async function inFormOf(context: ExecutionContext, thrown: Error): Promise<Error> {
  const refusal = refusalOf(thrown);
  if (refusal === undefined) return thrown;
  return 'decision' in refusal ? denial(context, refusal.decision) : failure(context, refusal.error);
}

async function exceptionIn(context: ExecutionContext, exception: HttpException): Promise<Error> {
  const formed = await inFormOf(context, exception);
  return formed === exception
    ? (adapterOf(context).point.exception?.(context, exception) ?? exception)
    : formed;
}
