import type { ExecutionContext } from '@nestjs/common';
import { HttpException, Logger } from '@nestjs/common';
import type { Decision } from '../contracts/index.js';
import { OpaError } from '../contracts/index.js';
import { httpFailure, OpaDeniedException } from './outcome.js';
import type { OpaQuery } from './opa-query.js';

/** A question to `OpaService.enforce`. */
export interface OpaEnforceQuery extends OpaQuery {
  /** Where a refusal goes; needed where no OpaInterceptor runs, elsewhere than on HTTP. Default: HTTP. */
  readonly context?: ExecutionContext | undefined;
}

/** Why `OpaService.enforce` has thrown: a denial, or no decision. */
export type Refusal = { readonly decision: Decision } | { readonly error: unknown };

/** Gives an exception of `OpaService.enforce` the form of a context. */
export type ExceptionIn = (context: ExecutionContext, exception: Error) => Promise<Error>;

// On the exception itself, under a name that both builds of this library share.
const REFUSAL = Symbol.for('nestjs-opa:refusal');

const logger = new Logger('OpaService');

/**
 * Waits for a decision that must be an allow.
 *
 * @param reportsOnly - a permissive question is let through
 * @throws HttpException in HTTP's form for anything else; {@link refusalOf} tells what it was made of
 */
export async function allowOf(decided: Promise<Decision>, reportsOnly: boolean): Promise<Decision> {
  const decision = await decided.catch((error: unknown) => {
    throw marked(httpFailure(error).exception, { error });
  });
  const isAllow = (decision.allowed as unknown) === true;
  const conditions = decision.obligations.map(({ type }) => JSON.stringify(type));
  if (isAllow && (conditions.length === 0 || reportsOnly)) return decision;
  if (isAllow)
    logger.error(
      `The policy "${decision.policy}" allows with obligations (${conditions.join(', ')}), which enforce does not carry out: ` +
        'the request is denied. Use decide and carry them out, or @OpaPolicy.',
    );
  throw marked(new OpaDeniedException(decision), { decision });
}

/** What an exception of `OpaService.enforce` was made of; `undefined` for any other. */
export function refusalOf(exception: unknown): Refusal | undefined {
  return exception instanceof HttpException ? (exception as { [REFUSAL]?: Refusal })[REFUSAL] : undefined;
}

/** Logs what a failed decision leaves out of its exception; where a context is known, that does. */
export function logRefusal(exception: unknown): void {
  const refusal = refusalOf(exception);
  if (refusal === undefined || !('error' in refusal)) return;
  const { error } = refusal;
  logger.error(error instanceof OpaError ? `${error.code}: ${error.message}` : 'A decision failed.');
}

function marked(exception: HttpException, refusal: Refusal): HttpException {
  return Object.defineProperty(exception, REFUSAL, { value: refusal });
}
