import type { ExecutionContext } from '@nestjs/common';
import { HttpException, Logger } from '@nestjs/common';
import type { Decision } from '../contracts/index.js';
import { OpaError } from '../contracts/index.js';
import { isAllowed } from './is-allowed.js';
import { httpFailure, OpaDeniedException } from './outcome.js';
import type { OpaQuery } from './opa-query.js';

/** A query to `OpaService.enforce`. */
export interface OpaEnforceQuery extends OpaQuery {
  /** Where a refusal goes. Needed where no OpaInterceptor runs, on every kind but HTTP. Default: HTTP. */
  readonly context?: ExecutionContext | undefined;
}

/** Why `OpaService.enforce` threw: a denial, or no decision. */
export type Refusal = { readonly decision: Decision } | { readonly error: unknown };

/** Gives an exception of `OpaService.enforce` the form of a context. */
export type ExceptionIn = (context: ExecutionContext, exception: Error) => Promise<Error>;

// The ESM and the CommonJS build share the symbol.
const REFUSAL = Symbol.for('nestjs-opa:refusal');

const logger = new Logger('OpaService');

/**
 * Waits for a decision that must be an allow.
 *
 * @throws HttpException in HTTP's form for anything else; {@link refusalOf} tells what the exception was made of
 */
export async function allowOf(pending: Promise<Decision>): Promise<Decision> {
  const decision = await pending.catch((error: unknown) => {
    throw marked(httpFailure(error).exception, { error });
  });
  const { policy, obligations, enforced } = decision;
  if (isAllowed(decision)) {
    if (obligations.length === 0 || enforced === 'pass') return decision;
    const types = obligations.map(({ type }) => JSON.stringify(type)).join(', ');
    logger.error(
      `The policy "${policy}" allows with obligations (${types}), which enforce does not carry out: ` +
        'the request is denied. Use decide and carry them out, or @OpaPolicy.',
    );
  }
  throw marked(new OpaDeniedException(decision), { decision });
}

/** What an exception of `OpaService.enforce` was made of; `undefined` for any other. */
export function refusalOf(exception: unknown): Refusal | undefined {
  return exception instanceof HttpException ? (exception as { [REFUSAL]?: Refusal })[REFUSAL] : undefined;
}

/** Logs what the exception of a failed decision doesn't tell the client. Where a context is known, the context logs it. */
export function logRefusal(exception: unknown): void {
  const refusal = refusalOf(exception);
  if (refusal === undefined || !('error' in refusal)) return;
  const { error } = refusal;
  logger.error(error instanceof OpaError ? `${error.code}: ${error.message}` : 'A decision failed.');
}

function marked(exception: HttpException, refusal: Refusal): HttpException {
  return Object.defineProperty(exception, REFUSAL, { value: refusal });
}
