import { RE2JS, RE2JSException } from 're2js';
import type { Matcher } from 're2js';
import { spend } from '../values/index.js';
import { BuiltinError } from './builtin.js';
import type { BuiltinContext } from './builtin.js';
import { patternCost } from './regex-cost.js';
import { withoutNames } from './regex-names.js';
import type { GroupNames } from './regex-names.js';
import { watched } from './watched-text.js';

const MOST_PATTERNS = 200;
/** The maximum number of instructions of all cached patterns. */
const MOST_INSTRUCTIONS = 100_000;
/** The size of one instruction, in characters of `maxSize`. The default allows 16,384 instructions. */
const SIZE_OF_INSTRUCTION = 1_024;

const DUPLICATE_NAME = 'error parsing regexp: duplicate capture group name';

/** A compiled regular expression. A match takes linear time and checks the deadline. */
export class Pattern {
  /** The approximate number of instructions. */
  readonly cost: number;
  /** The numbers of the groups by name. Several groups may have the same name. */
  readonly groups: GroupNames;
  readonly #expression: RE2JS;

  constructor(readonly source: string) {
    this.cost = patternCost(source);
    try {
      this.#expression = RE2JS.compile(source);
      const groups = Object.entries(this.#expression.namedGroups());
      this.groups = new Map(groups.map(([name, number]) => [name, [number]]));
    } catch (error) {
      // Unlike Go's library, re2js refuses a name that two groups have.
      if (!(error instanceof RE2JSException) || !error.message.startsWith(DUPLICATE_NAME)) throw error;
      const { pattern, groups } = withoutNames(source);
      this.#expression = RE2JS.compile(pattern);
      this.groups = groups;
    }
  }

  get groupCount(): number {
    return this.#expression.groupCount();
  }

  /** Whether a part of the text matches. */
  test(text: string): boolean {
    return this.#expression.test(watched(text, this.cost));
  }

  /** A matcher that finds the matching parts one after another. */
  matcher(text: string): Matcher {
    return this.#expression.matcher(watched(text, this.cost));
  }
}

const compiled = new Map<string, Pattern>();
let instructions = 0;

/**
 * Compiles a regular expression, with a cache of recently used ones. Throws when the expression is larger than the
 * evaluation allows.
 */
export function compileRegex(context: BuiltinContext, source: string): Pattern {
  const pattern = compiled.get(source) ?? compile(context, source);
  if (!compiled.delete(source)) instructions += pattern.cost;
  compiled.set(source, pattern);
  for (const [oldest, { cost }] of compiled) {
    if (compiled.size <= MOST_PATTERNS && instructions <= MOST_INSTRUCTIONS) break;
    compiled.delete(oldest);
    instructions -= cost;
  }
  return pattern;
}

function compile(context: BuiltinContext, source: string): Pattern {
  const cost = patternCost(source);
  context.checkSize(cost * SIZE_OF_INSTRUCTION);
  spend(cost);
  try {
    return new Pattern(source);
  } catch (error) {
    if (error instanceof RE2JSException || error instanceof RangeError) {
      // Go always quotes the rest of the pattern, even an empty one.
      const message = error.message.endsWith('`') ? error.message : `${error.message}: \`\``;
      throw new BuiltinError(message, { cause: error });
    }
    throw error;
  }
}
