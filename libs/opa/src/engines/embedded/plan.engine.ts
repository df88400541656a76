import { Logger } from '@nestjs/common';
import { fromJson, PlanError } from 'opa-plan';
import type { Policy } from 'opa-plan';
import { BaseEngine, OncePerKey, OpaError, snapshotOf } from '../../contracts/index.js';
import type { EngineAnswer, EvaluateOptions, Query } from '../../contracts/index.js';
import { evaluationError } from './embedded-errors.js';
import type { EmbeddedEngine } from '../embedded-engine.js';
import type { LoadedBundle } from './load-bundle.js';

/**
 * Evaluates the plan of a bundle inside the process.
 *
 * @remarks
 * - The results are OPA's. `docs/guides/embedded.md` lists what differs.
 * - An evaluation blocks the event loop until it ends. At its deadline it fails with `OPA_TIMEOUT`.
 * - Every rule in the plan can be evaluated, also rules that are not entrypoints. A path that is not in the plan is
 *   undefined, and a warning is logged.
 */
export class PlanEngine extends BaseEngine implements EmbeddedEngine {
  readonly name = 'embedded';
  override readonly readsJson = false;
  readonly #logger = new Logger('EmbeddedEngine');
  readonly #unplanned = new OncePerKey();
  readonly #source: string;
  readonly #revision: { readonly revision?: string };
  #policy: Policy | undefined;

  constructor({ policy, source }: LoadedBundle) {
    super();
    this.#policy = policy;
    this.#source = source;
    this.#revision = policy.revision === '' ? {} : { revision: policy.revision };
  }

  /**
   * Evaluates a policy, always at once.
   *
   * @throws OpaError `OPA_CLOSED`, `OPA_ABORTED`, `OPA_TIMEOUT`, `OPA_BAD_INPUT`, or `OPA_POLICY_ERROR` when the policy
   * failed
   */
  evaluateNow(query: Query, { deadline, signal }: EvaluateOptions): EngineAnswer {
    const { policy: path } = query;
    const policy = this.#policy;
    if (policy === undefined) throw new OpaError('OPA_CLOSED', 'The embedded engine is closed.');
    if (signal?.aborted === true) {
      throw new OpaError('OPA_ABORTED', `The evaluation of "${path}" was aborted.`, { cause: signal.reason });
    }
    const snapshot = snapshotOf(query);
    try {
      const result = policy.evaluate(path, snapshot.read(fromJson), { deadline });
      return result === undefined ? this.#revision : { result, ...this.#revision };
    } catch (error) {
      if (!(error instanceof PlanError)) throw error;
      if (error.code !== 'NOT_PLANNED') throw evaluationError(error, path);
      if (this.#unplanned.isFirst(path)) this.#warn(path, policy);
      return this.#revision;
    }
  }

  #warn(path: string, policy: Policy): void {
    this.#logger.warn(
      `The bundle ${this.#source} does not contain the policy "${path}", so the policy is undefined. ${addEntrypoint(policy)}`,
    );
  }

  /** Tells whether the plan has a rule or package at a path. Paths below a rule are unknown until the rule is evaluated. */
  override defines(path: string): Promise<boolean | undefined> {
    return Promise.resolve(this.#policy?.defines(path));
  }

  /** Releases the policy and its data. Every later evaluation fails with `OPA_CLOSED`. */
  override close(): void {
    this.#policy = undefined;
  }
}

/** Says how to add missing policies to a bundle, as the end of a message. */
export function addEntrypoint({ entrypoints }: Policy): string {
  return `Its entrypoints: ${entrypoints.toSorted().join(', ')}. Add others with "opa build -t plan -e PATH".`;
}
