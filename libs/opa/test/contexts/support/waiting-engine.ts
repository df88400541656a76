import type { EngineAnswer, EvaluateOptions, PolicyEngine, Query } from 'nestjs-opa';
import { OpaError } from 'nestjs-opa';

/** An engine that never responds for one policy (or for all) until the caller aborts. It allows other policies. */
export class WaitingEngine implements PolicyEngine {
  readonly name = 'waiting';
  /** Resolves when the engine gets the query. */
  readonly queried: Promise<void>;
  /** Resolves when the caller has aborted the query. */
  readonly aborted: Promise<void>;
  aborts = 0;
  private onQueried: () => void = () => undefined;
  private onAborted: () => void = () => undefined;

  constructor(private readonly policy?: string) {
    this.queried = new Promise((resolve) => (this.onQueried = resolve));
    this.aborted = new Promise((resolve) => (this.onAborted = resolve));
  }

  evaluate({ policy }: Query, { signal }: EvaluateOptions): Promise<EngineAnswer> {
    if (this.policy !== undefined && policy !== this.policy) return Promise.resolve({ result: true });
    this.onQueried();
    return new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => {
        this.aborts += 1;
        this.onAborted();
        reject(new OpaError('OPA_ABORTED', 'The decision was aborted by its caller.'));
      });
    });
  }
}
