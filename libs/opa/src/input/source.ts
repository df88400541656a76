import type { OpaInputOptions } from './input.options.js';

/** An input: an object that JSON can hold. */
export type Input = Record<string, unknown>;

/** The name of a built-in input shape. */
export type ShapeName = 'default' | 'authzen' | 'envoy' | 'contextforge';

/** What an adapter may show a policy. */
export interface SourceOptions {
  /** The headers that a policy sees; lower case. */
  readonly headers: readonly string[];
  readonly body: OpaInputOptions['body'];
}

/** One call, as far as the input of its decision needs it. */
export interface InputSource {
  /** The user that the context knows; `undefined` means anonymous. */
  readonly user: unknown;
  /** Builds the input in a named shape, for the subject that policies see. */
  inShape(name: ShapeName, subject: unknown): Input;
}
