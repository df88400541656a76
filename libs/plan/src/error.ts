/** What kind of failure an error is. */
export type PlanErrorCode =
  /** The archive can't be read, or lacks its plan. */
  | 'INVALID_BUNDLE'
  /** The plan is not what `opa build -t plan` writes, or newer than this package. */
  | 'INVALID_PLAN'
  /** The policy uses builtins that are neither here nor supplied. */
  | 'MISSING_BUILTIN'
  /** Something is larger than its limit: the archive at load, a value or a loop's results in an evaluation. */
  | 'LIMIT_EXCEEDED'
  /** This process forbids code generation (`--disallow-code-generation-from-strings`). */
  | 'CODE_GENERATION_DISALLOWED'
  /** The plan doesn't hold the rule or package that was asked for. */
  | 'NOT_PLANNED'
  /** Two rules gave different values for one document. */
  | 'CONFLICT'
  /** A builtin failed, and builtin errors are strict. */
  | 'BUILTIN_ERROR'
  /** The deadline was over before the evaluation was. */
  | 'DEADLINE_EXCEEDED'
  /** The caller's signal was aborted. */
  | 'ABORTED'
  /** The evaluation failed in a way that is a defect of this package, of a supplied builtin or of the input. */
  | 'EVALUATION_FAILED';

/** Where in the policy something happened. */
export interface PolicyLocation {
  /** The file, as `opa build` was given it. */
  readonly file: string;
  readonly row: number;
  readonly column: number;
  /** The rule, as the policy names it: `data.orders.allow`. */
  readonly rule: string;
}

/**
 * Every error of this package.
 *
 * @example
 * ```ts
 * import { loadPlan, PlanError } from 'opa-plan';
 *
 * const policy = await loadPlan('bundle.tar.gz');
 * try {
 *   policy.evaluate('orders/read', {});
 * } catch (error) {
 *   if (error instanceof PlanError) console.error(error.code, error.location?.rule);
 * }
 * ```
 */
export class PlanError extends Error {
  override readonly name = 'PlanError';
  /** Where in the policy it happened, if it did there. */
  readonly location: PolicyLocation | undefined;

  constructor(
    /** What kind of failure it is. */
    readonly code: PlanErrorCode,
    message: string,
    { location, cause }: { location?: PolicyLocation | undefined; cause?: unknown } = {},
  ) {
    super(
      location ? `${location.file}:${location.row}: ${message}` : message,
      cause === undefined ? {} : { cause },
    );
    this.location = location;
  }
}
