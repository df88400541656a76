import type { ExecutionContext } from '@nestjs/common';
import { HttpException, Logger } from '@nestjs/common';
import type { Decision } from '../contracts/index.js';
import { adapterOf } from '../contexts/index.js';
import { logFailure, refusalOf } from '../decision/index.js';
import { describeDenial } from './denial-log.js';

const logger = new Logger('OpaEnforcement');

/** The error with which a denied request is refused. */
export async function denial(context: ExecutionContext, decision: Decision): Promise<Error> {
  logger.debug(describeDenial(context, decision));
  return adapterOf(context).point.denial(context, decision);
}

/**
 * The error with which a request is refused that could not be decided; address and cause go to the log alone.
 *
 * @param error - an HttpException is the application's word to its client, and stays what it is
 */
export async function failure(context: ExecutionContext, error: unknown): Promise<Error> {
  if (error instanceof HttpException) return exceptionIn(context, error);
  logFailure(logger, error);
  return adapterOf(context).point.failure(context, error);
}

/** Gives what `OpaService.enforce` has thrown the form of a context; any other error stays as it is. */
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
