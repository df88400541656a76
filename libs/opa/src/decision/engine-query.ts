import type { InputSnapshot } from '../contracts/index.js';
import { assertMilliseconds, assertPolicyPath, OpaError, SnapshotQuery } from '../contracts/index.js';
import type { OpaQuery } from './opa-query.js';

/** The largest inputs of a query, in bytes of JSON. */
export interface InputLimits {
  /** The limit of an input that describes a request: option `input.maxBytes`. */
  readonly request: number;
  /** The limit of an input that holds a result: option `input.maxResponseBytes`. */
  readonly response: number;
}

/** The default limits: 2 MiB for requests, 8 MiB for results. */
export const INPUT_LIMITS: InputLimits = { request: 2 * 1024 * 1024, response: 8 * 1024 * 1024 };

const OPTIONS = { request: 'input.maxBytes', response: 'input.maxResponseBytes' };

/**
 * Gives the policy path of a query, and checks the query's path and timeout. A wrong option must never lead to a
 * fallback, so the check comes first.
 *
 * @param modulePolicy - the module's default policy
 * @throws OpaError `OPA_BAD_OPTIONS` when no policy is named, or the path or the timeout isn't valid
 */
export function policyOf(
  query: Pick<OpaQuery, 'policy' | 'timeout'>,
  modulePolicy: string | undefined,
): string {
  const { policy = modulePolicy, timeout } = query;
  if (timeout !== undefined) assertMilliseconds(timeout, 'timeout');
  if (policy === undefined) {
    throw new OpaError(
      'OPA_BAD_OPTIONS',
      'The query names no policy. Give "policy" in the query, or set the module option "policy".',
    );
  }
  return assertPolicyPath(policy, 'policy');
}

/**
 * Makes the engine's query. No later step reads the input itself.
 *
 * @throws OpaError `OPA_BAD_INPUT` when the input is too large. `clientFault` is set when a request is too large, but not
 * when a result is.
 */
export function engineQueryOf(
  policy: string,
  { input, phase = 'request' }: Pick<OpaQuery, 'input' | 'phase'>,
  snapshot: InputSnapshot,
  limits: InputLimits = INPUT_LIMITS,
): SnapshotQuery {
  const limit = limits[phase];
  if (!snapshot.exceeds(limit)) return new SnapshotQuery(policy, input, snapshot);
  throw new OpaError(
    'OPA_BAD_INPUT',
    `The input of the policy "${policy}" has ${Buffer.byteLength(snapshot.json)} bytes of JSON; option "${OPTIONS[phase]}" ` +
      `allows ${limit}. Put less into the input, or raise the option.`,
    { tooLarge: true, clientFault: phase === 'request' },
  );
}
