import { spend } from '../values/index.js';

/** The number of automaton instructions that count as one step. */
const INSTRUCTIONS_PER_STEP = 16;
/** A match with fewer instructions ends too soon for a check of the clock. */
const SHORT = 65_536;

/** A text that checks the deadline while an automaton reads it. */
class WatchedText extends String {
  readonly #steps: number;

  constructor(text: string, steps: number) {
    super(text);
    this.#steps = steps;
  }

  override charCodeAt(index: number): number {
    spend(this.#steps);
    return super.charCodeAt(index);
  }
}

/** Makes a text that checks the deadline for an automaton of this size. A short text stays a plain string. */
export function watched(text: string, instructions: number): string {
  const work = text.length * instructions;
  if (work > SHORT)
    return new WatchedText(text, 1 + instructions / INSTRUCTIONS_PER_STEP) as unknown as string;
  spend(1 + work / INSTRUCTIONS_PER_STEP / INSTRUCTIONS_PER_STEP);
  return text;
}
