import type { EngineAnswer, EvaluateOptions, PolicyEngine, Query } from '../contracts/index.js';
import { isError, OpaError } from '../contracts/index.js';

/** A method's parameter may be narrower than `unknown`: a test names the members of its input. */
interface Answering {
  answer(input: unknown): unknown;
}

/**
 * The answer to a policy path: a document, an error to reject with, or a function of the input that gives either (or a
 * promise of it).
 */
export type TestAnswer = Answering['answer'] | object | string | number | boolean | null | undefined;

/**
 * An engine that answers from a table and remembers what it was asked; for the module's `engine` option.
 *
 * @example
 * ```ts
 * const engine = new TestEngine({ 'orders/read': true, 'orders/view': (input) => ({ allow: input !== null }) });
 * ```
 */
export class TestEngine implements PolicyEngine {
  readonly name = 'test';
  /** The questions, in order. */
  readonly questions: Query[] = [];
  private readonly answers: Map<string, TestAnswer>;
  private closed = false;

  /** @param answers - by policy path; a path that isn't there, or is `undefined`, is undefined */
  constructor(answers: Readonly<Record<string, TestAnswer>> = {}) {
    this.answers = new Map(Object.entries(answers));
  }

  /** Sets or replaces an answer. */
  answer(policy: string, answer: TestAnswer): this {
    this.answers.set(policy, answer);
    return this;
  }

  async evaluate(query: Query, options: EvaluateOptions): Promise<EngineAnswer> {
    if (this.closed) throw new OpaError('OPA_CLOSED', 'The test engine has been closed.');
    if (options.signal?.aborted === true)
      throw new OpaError('OPA_ABORTED', 'The decision was aborted by its caller.');
    if (options.deadline <= performance.now()) throw new OpaError('OPA_TIMEOUT', 'The deadline has passed.');
    const { policy, input } = query;
    this.questions.push({ policy, input });
    const answer = this.answers.get(policy);
    const result: unknown =
      typeof answer === 'function' ? await (answer as (input: unknown) => unknown)(input) : answer;
    if (isError(result)) throw result;
    return result === undefined ? {} : { result };
  }

  close(): void {
    this.closed = true;
  }
}
