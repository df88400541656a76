import type { OpaInputOptions } from './input.options.js';

/** The input of a decision: an object that JSON can represent. */
export type Input = Record<string, unknown>;

/** The name of a built-in input shape. */
export type ShapeName = 'default' | 'authzen' | 'envoy' | 'contextforge';

/** The options that say which parts of a call a policy may see. */
export interface SourceOptions {
  /** The headers that a policy sees, in lower case. */
  readonly headers: readonly string[];
  readonly body: OpaInputOptions['body'];
}

/** Builds the input of one call's decision. */
export interface InputSource {
  /** The user that the context holds; `undefined` means anonymous. */
  readonly user: unknown;
  /** Builds the input in a built-in shape, with the subject that policies see. */
  inShape(name: ShapeName, subject: unknown): Input;
}
