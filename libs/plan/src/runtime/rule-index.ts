import { get, mapKey, RegoNumber } from '../values/index.js';
import type { MapKey, Value } from '../values/index.js';
import type { Evaluation } from './evaluation.js';

/** A part of a function, with the variables that its parts share. */
type Part = (context: Evaluation, shared: unknown) => void;

/**
 * An index of the parts of a function. Each part needs one value of the input to equal a constant. A plan has one
 * index for each group.
 */
export class RuleIndex {
  readonly #parts = new Map<MapKey, Part[]>();

  constructor(
    private readonly path: readonly string[],
    entries: readonly (readonly [MapKey, Part])[],
  ) {
    for (const [key, part] of entries) {
      const parts = this.#parts.get(key);
      if (parts) parts.push(part);
      else this.#parts.set(key, [part]);
    }
  }

  /** Runs the parts whose constant equals the value of the input, in their order. */
  run(context: Evaluation, shared: unknown, input: Value | undefined): void {
    let value = input;
    for (const key of this.path) value = value === undefined ? undefined : get(value, key);
    // Constants are scalars, so a collection never matches.
    if (
      value === undefined ||
      (typeof value === 'object' && value !== null && !(value instanceof RegoNumber))
    )
      return;
    const parts = this.#parts.get(mapKey(value));
    if (parts) for (const part of parts) part(context, shared);
  }
}
