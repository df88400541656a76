import { describe, expect, it } from '@jest/globals';
import type { EngineAnswer, EvaluateOptions, MaybePromise, Query } from '../../src/contracts/index.js';
import { BaseEngine, evaluateBy } from '../../src/contracts/index.js';
import { EngineWrapper } from '../../src/resilience/engine-wrapper.js';

const query: Query = { policy: 'a/b', input: 1 };
const options: EvaluateOptions = { deadline: Infinity };

class ImmediateEngine extends BaseEngine {
  readonly name = 'immediate';

  evaluateNow({ input }: Query): EngineAnswer {
    if (input === 'fail') throw new Error('no answer');
    return { result: input };
  }
}

class PlainWrapper extends EngineWrapper {
  evaluateNow(inner: Query, bounds: EvaluateOptions): MaybePromise<EngineAnswer> {
    return this.engine.evaluateNow(inner, bounds);
  }
}

// @ts-expect-error A wrapper without `evaluateNow` does not compile.
class ForgetfulWrapper extends EngineWrapper {
  override evaluate(inner: Query, bounds: EvaluateOptions): Promise<EngineAnswer> {
    return this.engine.evaluate(inner, bounds);
  }
}

// @ts-expect-error An engine without `evaluateNow` does not compile.
class ForgetfulEngine extends BaseEngine {
  readonly name = 'forgetful';
}

describe('the synchronous path of an engine', () => {
  it('returns a result without a promise, also through a wrapper', () => {
    const engine = new PlainWrapper(new ImmediateEngine());
    expect(evaluateBy(engine)(query, options)).toEqual({ result: 1 });
    expect(engine.name).toBe('immediate');
  });

  it('is the only method that an engine implements: `evaluate` returns a promise of the same result or error', async () => {
    const engine = new ImmediateEngine();
    await expect(engine.evaluate(query, options)).resolves.toEqual({ result: 1 });
    await expect(engine.evaluate({ ...query, input: 'fail' }, options)).rejects.toThrow('no answer');
  });

  it('returns a promise for an engine of the user, which implements `evaluate` only', async () => {
    const users = { name: 'user', evaluate: () => Promise.resolve({ result: true }) };
    const answer = evaluateBy(users)(query, options);
    expect(answer).toBeInstanceOf(Promise);
    expect(await answer).toEqual({ result: true });
  });

  it('is required by the compiler: the classes without it above are marked as errors', () => {
    for (const forgetful of [ForgetfulWrapper, ForgetfulEngine]) {
      expect('evaluateNow' in forgetful.prototype).toBe(false);
    }
  });
});
