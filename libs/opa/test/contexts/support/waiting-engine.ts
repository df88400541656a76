import type { EngineAnswer, EvaluateOptions, PolicyEngine, Query } from 'nestjs-opa';
import { OpaError } from 'nestjs-opa';

/** Answers nothing of one policy (or of all) until the asker goes away; allows the others. */
export class WaitingEngine implements PolicyEngine {
  readonly name = 'waiting';
  /** Resolves when it is asked. */
  readonly asked: Promise<void>;
  /** Resolves when the asker is gone. */
  readonly aborted: Promise<void>;
  aborts = 0;
  private onAsked: () => void = () => undefined;
  private onAborted: () => void = () => undefined;

  constructor(private readonly policy?: string) {
    this.asked = new Promise((resolve) => (this.onAsked = resolve));
    this.aborted = new Promise((resolve) => (this.onAborted = resolve));
  }

  evaluate({ policy }: Query, { signal }: EvaluateOptions): Promise<EngineAnswer> {
    if (this.policy !== undefined && policy !== this.policy) return Promise.resolve({ result: true });
    this.onAsked();
    return new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => {
        this.aborts += 1;
        this.onAborted();
        reject(new OpaError('OPA_ABORTED', 'The decision was aborted by its caller.'));
      });
    });
  }
}
