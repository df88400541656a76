import type { ExecutionContext } from '@nestjs/common';
import { HttpException, Logger } from '@nestjs/common';
import type { Decision } from '../contracts/index.js';
import { OpaError } from '../contracts/index.js';
import { isAllowed } from './is-allowed.js';
import { httpFailure, OpaDeniedException } from './outcome.js';
import type { OpaQuery } from './opa-query.js';

/** A query to `OpaService.enforce`. */
export interface OpaEnforceQuery extends OpaQuery {
  /**
   * The context whose form the exception gets. Give it where no OpaInterceptor runs, on every kind but HTTP.
   * Default: HTTP's form.
   */
  readonly context?: ExecutionContext | undefined;
}

/** Why `OpaService.enforce` threw: a denial, or a failed decision. */
export type Refusal = { readonly decision: Decision } | { readonly error: unknown };

/** Converts an exception of `OpaService.enforce` to the form of a context, such as a GraphQL error. */
export type ExceptionIn = (context: ExecutionContext, exception: Error) => Promise<Error>;

// The ESM and the CommonJS build share the symbol.
const REFUSAL = Symbol.for('nestjs-opa:refusal');

const logger = new Logger('OpaService');

/**
 * Waits for a decision that must be an allow.
 *
 * @throws HttpException for a denial or a failed decision; {@link refusalOf} gives the reason
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
      `The policy "${policy}" allows with obligations (${types}), which OpaService.enforce does not carry out. ` +
        'The request is denied. Use @OpaPolicy, or call decide and carry the obligations out.',
    );
  }
  throw marked(new OpaDeniedException(decision), { decision });
}

/** Why `OpaService.enforce` threw an exception; `undefined` for any other exception. */
export function refusalOf(exception: unknown): Refusal | undefined {
  return exception instanceof HttpException ? (exception as { [REFUSAL]?: Refusal })[REFUSAL] : undefined;
}

/** Logs the error of a failed decision, because the exception doesn't show the error to the client. */
export function logRefusal(exception: unknown): void {
  const refusal = refusalOf(exception);
  if (refusal === undefined || !('error' in refusal)) return;
  const { error } = refusal;
  logger.error(error instanceof OpaError ? `${error.code}: ${error.message}` : 'A decision failed.');
}

function marked(exception: HttpException, refusal: Refusal): HttpException {
  return Object.defineProperty(exception, REFUSAL, { value: refusal });
}
