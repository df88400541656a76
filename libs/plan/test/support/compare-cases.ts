import { createPolicy, fromJson, PlanError } from '../../src/index.js';
import type { Policy } from '../../src/index.js';
import { opaCases, valueOf } from './opa-cases.js';
import type { OpaCase } from './opa-cases.js';

/** Builtins that need the network or OPA's compiler: a policy that uses one is refused at load. */
const REFUSED = ['http.send', 'net.lookup_ip_addr', 'providers.aws.sign_req', 'rego.parse_module'];

const CODES: Readonly<Record<string, string>> = {
  eval_conflict_error: 'CONFLICT',
  eval_builtin_error: 'BUILTIN_ERROR',
  eval_type_error: 'BUILTIN_ERROR',
};

/** What came of all of OPA's own cases. */
export interface Comparison {
  /** How many cases have OPA's result, are refused at load, and query no document. */
  readonly counts: { readonly same: number; readonly refused: number; readonly leftOut: number };
  /** The cases that have another result. */
  readonly differences: readonly string[];
}

/** Evaluates OPA's own cases. */
export function compareCases(): Comparison {
  const outcomes = opaCases().map((entry) => ({ entry, outcome: outcomeOf(entry) }));
  const count = (wanted: string) => outcomes.filter(({ outcome }) => outcome === wanted).length;
  const others = outcomes.filter(({ outcome }) => !['same', 'refused', 'left out'].includes(outcome));
  return {
    counts: { same: count('same'), refused: count('refused'), leftOut: count('left out') },
    differences: others.map(({ entry, outcome }) => `${entry.note}: ${outcome}`),
  };
}

function outcomeOf(one: OpaCase): string {
  if (one.leftOut !== undefined) return 'left out';
  const policy = load(one);
  if (typeof policy === 'string') return policy;
  const wanted = one.errorCode === undefined ? one.result : (CODES[one.errorCode] ?? one.errorCode);
  const answer = evaluate(policy, one);
  return answer === wanted ? 'same' : `${answer ?? 'undefined'} instead of ${wanted ?? 'undefined'}`;
}

function load({ plan, data, env }: OpaCase): Policy | string {
  try {
    const source = { plan, data: fromJson(data) as Record<string, unknown> };
    return createPolicy(source, { runtime: env === undefined ? {} : { env } });
  } catch (error) {
    const isRefused = error instanceof PlanError && error.code === 'MISSING_BUILTIN';
    const isKnown = isRefused && REFUSED.some((name) => error.message.includes(`${name} (used by `));
    return isKnown ? 'refused' : String(error);
  }
}

function evaluate(policy: Policy, { path, input, strict }: OpaCase): string | undefined {
  try {
    const value = input === undefined ? undefined : valueOf(input);
    return policy.evaluateToJson(path, value, { strictBuiltinErrors: strict });
  } catch (error) {
    return error instanceof PlanError ? error.code : String(error);
  }
}
