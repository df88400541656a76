import type { PlanError } from 'opa-plan';
import { OpaError } from '../../contracts/index.js';

/** An `OPA_BAD_BUNDLE` whose message begins with the bundle's name. */
export function badBundle(source: string, problem: string, cause?: unknown): OpaError {
  return new OpaError('OPA_BAD_BUNDLE', `The bundle ${source} can't be used: ${problem}`, { cause });
}

/**
 * The error of a failed evaluation. It has no cause, because the error of a builtin may quote the input. The policy or
 * the input made a late evaluation late, never an OPA that is gone: no fallback may follow.
 */
export function evaluationError({ code, message }: PlanError, path: string): OpaError {
  return code === 'DEADLINE_EXCEEDED'
    ? new OpaError('OPA_TIMEOUT', `The deadline passed while "${path}" was evaluated.`, { noFallback: true })
    : new OpaError('OPA_POLICY_ERROR', `The policy "${path}" failed: ${message}`);
}
