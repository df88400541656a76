import type { Query } from '../contracts/index.js';
import { assertMilliseconds, assertPolicyPath, exceeds, inputJson, OpaError } from '../contracts/index.js';
import type { OpaQuery, SerializedQuery } from './opa-query.js';

/** The largest inputs that an engine is asked about, in bytes of JSON. */
export interface InputLimits {
  /** Of an input that describes a request: option `input.maxBytes`. */
  readonly request: number;
  /** Of an input that holds a result: option `input.maxResponseBytes`. */
  readonly response: number;
}

/** The limits of an engine outside the process. */
export const INPUT_LIMITS: InputLimits = { request: 2 * 1024 * 1024, response: 8 * 1024 * 1024 };

const OPTIONS = { request: 'input.maxBytes', response: 'input.maxResponseBytes' };

/**
 * Gives the policy path that a question is about; checked before anything can stand in for an answer, as its time is.
 *
 * @param ofModule - the module's own policy
 * @throws OpaError `OPA_BAD_OPTIONS` when there is none, or the path or the time isn't valid
 */
export function policyOf(
  question: Pick<OpaQuery, 'policy' | 'timeout'>,
  ofModule: string | undefined,
): string {
  const { policy = ofModule, timeout } = question;
  if (timeout !== undefined) assertMilliseconds(timeout, 'timeout');
  if (policy === undefined) {
    throw new OpaError(
      'OPA_BAD_OPTIONS',
      'No policy was named: give `policy`, or the module option "policy".',
    );
  }
  return assertPolicyPath(policy, 'policy');
}

/**
 * Makes the query that an engine is asked, with the JSON that is sent: the input is written once.
 *
 * @throws OpaError `OPA_BAD_INPUT` when JSON can't hold the input, or its JSON is too large; of a request that is the
 * client's fault, of a result it isn't
 */
export function queryOf(
  policy: string,
  { input, json: written, phase = 'request' }: Pick<SerializedQuery, 'input' | 'json' | 'phase'>,
  limits: InputLimits = INPUT_LIMITS,
): Query {
  const json = written ?? inputJson(input);
  const limit = limits[phase];
  if (!exceeds(json, limit)) return { policy, input, json };
  throw new OpaError(
    'OPA_BAD_INPUT',
    `The input of the policy "${policy}" has ${Buffer.byteLength(json)} bytes of JSON; option "${OPTIONS[phase]}" ` +
      `allows ${limit}. Send the policy less, or raise the option.`,
    { tooLarge: true, clientFault: phase === 'request' },
  );
}
