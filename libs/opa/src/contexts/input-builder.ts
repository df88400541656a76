import type { ExecutionContext } from '@nestjs/common';
import { HttpException } from '@nestjs/common';
import type { MaybePromise } from '../contracts/index.js';
import { isPromise, OpaError } from '../contracts/index.js';
import type { Input, InputFunction, OpaInputOptions } from '../input/index.js';
import { allowedHeaders, ANONYMOUS, fieldsOf, WholeSubjectWarning } from '../input/index.js';
import { adapterOf } from './registry.js';

/** Builds the input of a decision from an execution context. */
export class InputBuilder {
  /** The headers that a policy sees. */
  readonly headers: readonly string[];
  private readonly whole = new WholeSubjectWarning();

  constructor(private readonly options: OpaInputOptions = {}) {
    this.headers = allowedHeaders(options.headers);
  }

  /**
   * Builds the input; at once, unless one of the application's functions gives a promise.
   *
   * @param merges - functions whose results are merged over it, in order
   * @throws OpaError `OPA_BAD_INPUT` when the context isn't known, or a function fails or gives no object
   * @throws HttpException that a function throws: the application tells its client, such as that there is no such order
   */
  build(context: ExecutionContext, merges: readonly InputFunction[]): MaybePromise<Input> {
    try {
      const shaped = this.shape(context);
      return isPromise(shaped) || merges.length > 0 ? merged(shaped, context, merges) : inputOf(shaped);
    } catch (error) {
      throw notBuilt(error);
    }
  }

  /** The input of a response decision: the request's, with the response beside it. */
  forResponse(input: Input, response: Input): Input {
    // As ContextForge's plugin says after a call.
    const after = this.options.shape === 'contextforge' ? { mode: 'output' } : {};
    return { ...input, ...after, response };
  }

  private shape(context: ExecutionContext): unknown {
    const { headers } = this;
    const { shape = 'default', body } = this.options;
    if (typeof shape === 'function') return shape(context);
    const source = adapterOf(context).source(context, { headers, body });
    return this.withSubject(context, source.user, (sent) => source.inShape(shape, sent));
  }

  private withSubject(
    context: ExecutionContext,
    user: unknown,
    shaped: (subject: unknown) => Input,
  ): MaybePromise<Input> {
    const { subject } = this.options;
    const who = typeof subject === 'function' ? subject(context) : user;
    return isPromise(who)
      ? Promise.resolve(who).then((found) => shaped(this.sent(found)))
      : shaped(this.sent(who));
  }

  /** What of a subject policies see. */
  private sent(who: unknown): unknown {
    if (isNobody(who)) return ANONYMOUS;
    const { subject, shape } = this.options;
    if (Array.isArray(subject)) return fieldsOf(who, subject as readonly string[]);
    // Of which policies see the name alone.
    if (typeof who === 'object' && shape !== 'contextforge') this.whole.look(who);
    return who;
  }
}

function isNobody(who: unknown): who is null | undefined {
  return who === undefined || who === null;
}

async function merged(
  shaped: unknown,
  context: ExecutionContext,
  merges: readonly InputFunction[],
): Promise<Input> {
  try {
    let input = inputOf(await shaped);
    for (const merge of merges)
      input = { ...input, ...asInput(await merge(context, input), 'An @OpaInput function') };
    return input;
  } catch (error) {
    throw notBuilt(error);
  }
}

function notBuilt(error: unknown): OpaError | HttpException {
  if (error instanceof OpaError || error instanceof HttpException) return error;
  return new OpaError('OPA_BAD_INPUT', "A function that builds the decision's input failed.", {
    cause: error,
  });
}

function inputOf(shaped: unknown): Input {
  return asInput(shaped, 'The function in option "input.shape"');
}

function asInput(value: unknown, whose: string): Input {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Input;
  throw new OpaError('OPA_BAD_INPUT', `${whose} did not give an object.`);
}
