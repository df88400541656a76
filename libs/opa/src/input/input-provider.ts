import type { ExecutionContext, Type } from '@nestjs/common';
import type { Input } from './source.js';

/**
 * A function for `@OpaInput`. The library merges its result over the top level of the input.
 *
 * @param input - the input built so far
 */
export type InputFunction = (context: ExecutionContext, input: Input) => object | Promise<object>;

/** A provider that builds inputs, for `@OpaInput`: it may inject what it needs, such as a repository. */
export interface OpaInputProvider {
  /**
   * Gives what is merged over the top level of the input.
   *
   * @param input - the input built so far
   */
  build(context: ExecutionContext, input: Input): object | Promise<object>;
}

/** Tells a class that builds inputs from a function. */
export function isInputProvider(input: object): input is Type<OpaInputProvider> {
  const { prototype } = input as { prototype?: { build?: unknown } };
  return typeof prototype?.build === 'function';
}
