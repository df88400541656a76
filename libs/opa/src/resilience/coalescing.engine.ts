import type { EngineAnswer, EvaluateOptions, OpaError, PolicyEngine, Query } from '../contracts/index.js';
import { blameLargeInput, inputJson } from '../contracts/index.js';
import type { BoundedWaits } from '../transport/index.js';
import { worstFailure } from './worst-failure.js';
import { frozenCopy } from './frozen-copy.js';
import { EngineWrapper } from './engine-wrapper.js';

/**
 * How long after its own deadline an asker leaves a call, in milliseconds: the call keeps that deadline, or an earlier
 * one, and tells a queue that was too long from an OPA that was late.
 */
const GRACE_MS = 5;

/** Lets identical questions that are in flight at the same time share one call; each keeps its own bounds. */
export class CoalescingEngine extends EngineWrapper {
  private readonly calls = new Map<string, SharedCall>();

  constructor(
    engine: PolicyEngine,
    private readonly waits: BoundedWaits,
  ) {
    super(engine);
  }

  async evaluate(query: Query, options: EvaluateOptions): Promise<EngineAnswer> {
    const asked = { ...query, json: query.json ?? inputJson(query.input) };
    const key = `${query.policy}\n${asked.json}`;
    let failure: OpaError | undefined;
    for (;;) {
      const known = this.calls.get(key);
      // Of a call that outlasts this question nobody could tell why it had no answer in time.
      if (known !== undefined && options.deadline < known.deadline) {
        // Its answer will be the newer one: whoever asks after it must not join the older call.
        this.calls.delete(key);
        return this.engine.evaluate(asked, options);
      }
      const call = known ?? this.start(key, asked, options);
      try {
        return await call.join(options);
      } catch (error) {
        failure = worstFailure(failure, blameLargeInput(error, asked));
        // The call ended with its first asker's time; this one may have some left.
        if (known?.expired() !== true || isOver(options.deadline)) throw failure;
      }
    }
  }

  /** Lets nobody join the calls that are under way; who has joined keeps them. */
  renew(): void {
    this.calls.clear();
  }

  private start(key: string, query: Query, { deadline }: EvaluateOptions): SharedCall {
    const call = new SharedCall(this.engine, this.waits, query, deadline, () => {
      if (this.calls.get(key) === call) this.calls.delete(key);
    });
    this.calls.set(key, call);
    return call;
  }
}

class SharedCall {
  private readonly controller = new AbortController();
  private readonly answer: Promise<EngineAnswer>;
  private askers = 0;

  constructor(
    private readonly engine: PolicyEngine,
    private readonly waits: BoundedWaits,
    query: Query,
    readonly deadline: number,
    private readonly over: () => void,
  ) {
    const asked = engine.evaluate(query, { deadline, signal: this.controller.signal });
    // What one asker's handler changed, the others would get.
    this.answer = asked.then(frozenCopy);
    this.answer.then(over, over);
  }

  expired(): boolean {
    return isOver(this.deadline);
  }

  async join({ deadline, signal }: EvaluateOptions): Promise<EngineAnswer> {
    this.askers += 1;
    try {
      const bounds = { deadline: deadline + GRACE_MS, signal };
      return await this.waits.bounded(`The engine "${this.engine.name}"`, bounds, () => this.answer);
    } finally {
      this.askers -= 1;
      if (this.askers === 0) this.leave();
    }
  }

  // Nobody waits any more. Whoever asks next must not join a call that is being aborted.
  private leave(): void {
    this.over();
    this.controller.abort();
  }
}

// Timers may be a little early.
function isOver(deadline: number): boolean {
  return performance.now() >= deadline - 2;
}
