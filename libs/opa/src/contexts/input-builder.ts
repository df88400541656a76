import type { ExecutionContext } from '@nestjs/common';
import { HttpException } from '@nestjs/common';
import type { MaybePromise } from '../contracts/index.js';
import { andThen, isPromise, OpaError } from '../contracts/index.js';
import type { Input, InputFunction, OpaInputOptions } from '../input/index.js';
import { allowedHeaders, ANONYMOUS, fieldsOf, WholeSubjectWarning } from '../input/index.js';
import { adapterOf } from './registry.js';

/** Builds the input of a decision from an execution context. */
export class InputBuilder {
  /** The headers that a policy sees. */
  readonly headers: readonly string[];
  private readonly warning = new WholeSubjectWarning();

  constructor(private readonly options: OpaInputOptions = {}) {
    this.headers = allowedHeaders(options.headers);
  }

  /**
   * Builds the input. The result is a promise only when one of the application's functions returns a promise.
   *
   * @param merges - functions whose results are merged over the input, in order
   * @throws OpaError `OPA_BAD_INPUT` when a function fails or does not return an object
   * @throws HttpException when a function throws one, such as a 404 for an order that does not exist
   */
  build(context: ExecutionContext, merges: readonly InputFunction[]): MaybePromise<Input> {
    try {
      const shaped = this.shape(context);
      return isPromise(shaped) || merges.length > 0 ? merged(shaped, context, merges) : inputOf(shaped);
    } catch (error) {
      throw inputError(error);
    }
  }

  /** Builds the input of a response decision: the input of the request, and the response as member `response`. */
  forResponse(input: Input, response: Input): Input {
    // ContextForge's plugin sets this mode after a call.
    const after = this.options.shape === 'contextforge' ? { mode: 'output' } : {};
    return { ...input, ...after, response };
  }

  private shape(context: ExecutionContext): unknown {
    const { headers } = this;
    const { shape = 'default', subject, body } = this.options;
    if (typeof shape === 'function') return shape(context);
    const source = adapterOf(context).source(context, { headers, body });
    const caller = typeof subject === 'function' ? subject(context) : source.user;
    return andThen(caller, (resolved) => source.inShape(shape, this.visibleSubject(resolved)));
  }

  /** Returns the part of a subject that policies see. */
  private visibleSubject(caller: unknown): unknown {
    if (caller === undefined || caller === null) return ANONYMOUS;
    const { subject, shape } = this.options;
    if (Array.isArray(subject)) return fieldsOf(caller, subject as readonly string[]);
    // In the shape "contextforge" policies see only the name.
    if (typeof caller === 'object' && shape !== 'contextforge') this.warning.check(caller);
    return caller;
  }
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
    throw inputError(error);
  }
}

function inputError(error: unknown): OpaError | HttpException {
  if (error instanceof OpaError || error instanceof HttpException) return error;
  return new OpaError(
    'OPA_BAD_INPUT',
    "A function of the application that builds the decision's input failed.",
    {
      cause: error,
    },
  );
}

function inputOf(shaped: unknown): Input {
  return asInput(shaped, 'The function in option "input.shape"');
}

function asInput(value: unknown, source: string): Input {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Input;
  throw new OpaError('OPA_BAD_INPUT', `${source} must return an object. It returned ${kindOf(value)}.`);
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`;
}
