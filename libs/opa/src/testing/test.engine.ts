import type { EngineAnswer, EvaluateOptions, PolicyEngine, Query } from '../contracts/index.js';
import { isError, OpaError } from '../contracts/index.js';

/**
 * The answer for a policy path: a document, an error that the engine throws, or a function. The function receives the
 * input and returns a document, an error or a promise.
 */
// A method's parameter, unlike a function's, may be narrower than `unknown`: a test can declare the type of its input.
export type TestAnswer =
  { answer(input: unknown): unknown }['answer'] | object | string | number | boolean | null | undefined;

/**
 * An engine for tests, for option `engine` of OpaModule. The engine reads results from a table and records every query.
 *
 * @example
 * ```ts
 * import { OpaModule } from 'nestjs-opa';
 * import { TestEngine } from 'nestjs-opa/testing';
 *
 * const engine = new TestEngine({ 'orders/read': true, 'orders/view': (input) => ({ allow: input !== null }) });
 * OpaModule.forRoot({ engine });
 * ```
 */
export class TestEngine implements PolicyEngine {
  readonly name = 'test';
  /** The recorded queries, in order. */
  readonly questions: Query[] = [];
  private readonly answers: Map<string, TestAnswer>;
  private closed = false;

  /** @param answers - the answers by policy path. A missing path or the answer `undefined` is an undefined decision */
  constructor(answers: Readonly<Record<string, TestAnswer>> = {}) {
    this.answers = new Map(Object.entries(answers));
  }

  /** Sets or replaces the answer for a policy path. */
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
