import type { OpaClient } from '../client/index.js';
import type { EngineAnswer, EvaluateOptions, Query } from '../contracts/index.js';
import { BaseEngine, blameLargeInput, isLargeInput } from '../contracts/index.js';

/** How long a readiness check may take, in milliseconds. */
const READY_TIMEOUT_MS = 1_000;

/** Evaluates policies by an OPA server. */
export class RemoteEngine extends BaseEngine {
  readonly name = 'remote';

  constructor(private readonly client: OpaClient) {
    super();
  }

  evaluateNow(query: Query, options: EvaluateOptions): Promise<EngineAnswer> {
    const answer = this.client.data(query, options);
    if (!isLargeInput(query)) return answer;
    return answer.catch((error: unknown) => {
      throw blameLargeInput(error, query);
    });
  }

  /** Sends a partial evaluation to OPA. A path that is undefined for every input has no rule. */
  override defines(policy: string, options: EvaluateOptions): Promise<boolean> {
    return this.client.defines(policy, options);
  }

  /** Requests `/health?bundles`, because OPA returns undefined until it has loaded its bundles. */
  override ready(signal?: AbortSignal): Promise<void> {
    return this.client.health({ bundles: true, deadline: performance.now() + READY_TIMEOUT_MS, signal });
  }
}
