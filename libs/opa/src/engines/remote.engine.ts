import type { OpaClient } from '../client/index.js';
import type { EngineAnswer, EvaluateOptions, PolicyEngine, Query } from '../contracts/index.js';
import { blameLargeInput, isLargeInput } from '../contracts/index.js';

/** How long a readiness check may take, in milliseconds. */
const READY_TIMEOUT_MS = 1_000;

/** Decisions by an OPA server. */
export class RemoteEngine implements PolicyEngine {
  readonly name = 'remote';

  constructor(private readonly client: OpaClient) {}

  evaluate(query: Query, options: EvaluateOptions): Promise<EngineAnswer> {
    const answer = this.client.data(query, options);
    if (!isLargeInput(query)) return answer;
    return answer.catch((error: unknown) => {
      throw blameLargeInput(error, query);
    });
  }

  /** By partial evaluation: a path that can't be defined for any input has no rule. */
  defines(policy: string, options: EvaluateOptions): Promise<boolean> {
    return this.client.defines(policy, options);
  }

  /** Asks `/health?bundles`: an OPA that hasn't its bundles yet would answer undefined. */
  ready(signal?: AbortSignal): Promise<void> {
    return this.client.health({ bundles: true, deadline: performance.now() + READY_TIMEOUT_MS, signal });
  }
}
