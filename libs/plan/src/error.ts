/** The kinds of errors. */
export type PlanErrorCode =
  /** The archive can't be read, or lacks its plan. */
  | 'INVALID_BUNDLE'
  /** The plan is not one that `opa build -t plan` writes, or it is newer than this package. */
  | 'INVALID_PLAN'
  /** The policy uses builtins that neither this package nor `builtins` provides. */
  | 'MISSING_BUILTIN'
  /** A limit was exceeded: by the archive when it was loaded, or by a value or the collections of an evaluation. */
  | 'LIMIT_EXCEEDED'
  /** This process forbids code generation (`--disallow-code-generation-from-strings`). */
  | 'CODE_GENERATION_DISALLOWED'
  /** The plan does not hold the requested rule or package. */
  | 'NOT_PLANNED'
  /** Two rules produced different values for one document. */
  | 'CONFLICT'
  /** A builtin failed, and `strictBuiltinErrors` is on. */
  | 'BUILTIN_ERROR'
  /** The deadline passed before the evaluation ended. */
  | 'DEADLINE_EXCEEDED'
  /** The caller's signal was aborted. */
  | 'ABORTED'
  /** The evaluation failed because of a defect in this package, in a supplied builtin or in the input. */
  | 'EVALUATION_FAILED';

/** Where in the policy something happened. */
export interface PolicyLocation {
  /** The path of the file, as passed to `opa build`. */
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
  /** The place in the policy where the error happened. Undefined if it did not happen in the policy. */
  readonly location: PolicyLocation | undefined;

  constructor(
    /** The kind of the error. */
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
