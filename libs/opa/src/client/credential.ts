import type { EvaluateOptions, MaybePromise } from '../contracts/index.js';
import { isPromise, OpaError } from '../contracts/index.js';
import type { BoundedWaits } from '../transport/index.js';

/** A part of this client's own credential, for messages. */
export interface CredentialPart {
  readonly giver: string;
  readonly name: string;
  /** What OPA has answered to the last one. */
  readonly status?: number | undefined;
}

/**
 * Waits within a decision's bounds for a part of this client's own credential. What keeps it away says nothing of OPA,
 * so that nothing may stand in for the decision.
 *
 * @param give - starts to get it
 * @throws OpaError `OPA_UNAUTHORIZED` when it can't be had, or not by the deadline; `OPA_ABORTED` or `OPA_CLOSED`
 */
export async function credential<T>(
  { giver, name, status }: CredentialPart,
  bounds: EvaluateOptions,
  waits: BoundedWaits,
  give: () => MaybePromise<T>,
): Promise<T> {
  const missing = (what: string, cause: unknown): OpaError =>
    new OpaError('OPA_UNAUTHORIZED', `${giver} ${what}.`, { status, cause });
  // Whatever the giver throws is a cause: what is caught below is the wait's own.
  const failed = (error: unknown): never => {
    throw missing('failed', error);
  };
  let given: MaybePromise<T>;
  try {
    given = give();
  } catch (error) {
    return failed(error);
  }
  if (!isPromise(given)) return given;
  const had = Promise.resolve(given).catch(failed);
  // Not waited for where the bounds are over already.
  had.catch(() => undefined);
  try {
    return await waits.bounded(giver, bounds, () => had);
  } catch (error) {
    const late = error instanceof OpaError && error.code === 'OPA_TIMEOUT';
    throw late ? missing(`did not give ${name} before the decision's deadline`, error) : error;
  }
}

/**
 * Where the credential had taken more than half of a decision's time: what is late then is not OPA.
 *
 * @throws OpaError `OPA_UNAUTHORIZED` in place of `OPA_TIMEOUT`; any other error as it is
 */
export function credentialLate(error: unknown): never {
  if (!(error instanceof OpaError) || error.code !== 'OPA_TIMEOUT') throw error;
  const why =
    'The token or the TLS files (options "token" and "tls") took more than half of the decision\'s time';
  throw new OpaError('OPA_UNAUTHORIZED', `${why}, and the rest was too short for OPA.`, { cause: error });
}
