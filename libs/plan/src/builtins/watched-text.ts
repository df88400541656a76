import { spend } from '../values/index.js';

/** How many instructions an automaton runs while one step is counted. */
const INSTRUCTIONS_PER_STEP = 16;
/** Up to about so many instructions a match is over before a clock could tell. */
const SHORT = 65_536;

/** A text that looks at the deadline while an automaton reads it. */
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

/** A text for an automaton of that many instructions. A short text stays what it is. */
export function watched(text: string, instructions: number): string {
  const work = text.length * instructions;
  if (work > SHORT)
    return new WatchedText(text, 1 + instructions / INSTRUCTIONS_PER_STEP) as unknown as string;
  spend(1 + work / INSTRUCTIONS_PER_STEP / INSTRUCTIONS_PER_STEP);
  return text;
}
