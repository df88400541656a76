import { spend } from '../../values/index.js';
import { GoError } from './error.js';

/** A range of characters, by their code points. */
export type RuneRange = readonly [first: number, last: number];

/** One character of a pattern: the ranges that may match (`.` matches any), and how often the character may occur. */
export interface GlobToken {
  /** Absent for `.`, which matches every character. */
  readonly ranges?: readonly RuneRange[];
  /** Whether the token was written as a class. A class and a character are never the same token. */
  readonly isSet: boolean;
  flag: '' | '+' | '*';
}

/** Reads the simple patterns of `regex.globs_match`: characters, `.`, classes, `+` and `*`. */
export function tokenizeGlob(pattern: string): GlobToken[] {
  return simplify(new Tokenizer(Array.from(pattern)).tokens());
}

/** Whether some character matches both tokens. Flags are ignored. */
export function tokensMatch(left: GlobToken, right: GlobToken): boolean {
  if (!left.ranges || !right.ranges) return true;
  return left.ranges.some(([first, last]) =>
    right.ranges?.some(([otherFirst, otherLast]) => first <= otherLast && otherFirst <= last),
  );
}

/** Merges a token that has a flag with an equal token before it. */
function simplify(tokens: readonly GlobToken[]): GlobToken[] {
  const simple: GlobToken[] = [];
  for (const token of tokens) {
    spend(1);
    const latest = simple.at(-1);
    if (latest && latest.flag !== '' && token.flag !== '' && sameToken(latest, token)) {
      latest.flag = latest.flag === '+' || token.flag === '+' ? '+' : '*';
    } else {
      simple.push(token);
    }
  }
  return simple;
}

function sameToken(left: GlobToken, right: GlobToken): boolean {
  if (!left.ranges || !right.ranges) return left.ranges === right.ranges;
  return left.isSet === right.isSet && left.ranges.join(';') === right.ranges.join(';');
}

interface Rune {
  readonly char: string;
  readonly isEscaped: boolean;
}

class Tokenizer {
  private index = 0;

  constructor(private readonly input: readonly string[]) {}

  tokens(): GlobToken[] {
    const tokens: GlobToken[] = [];
    for (let rune = this.next(); rune; rune = this.next()) {
      const token = this.token(rune);
      token.flag = this.flag();
      tokens.push(token);
    }
    return tokens;
  }

  private failure(problem: string, index = this.index): GoError {
    return new GoError(
      `input:${this.input.join('')}, pos:${index}, ${problem}: the input provided is invalid`,
    );
  }

  private next(): Rune | undefined {
    spend(1);
    const char = this.input[this.index];
    if (char === undefined) return undefined;
    if (char !== '\\') {
      this.index++;
      return { char, isEscaped: false };
    }
    const escaped = this.input[this.index + 1];
    if (escaped === undefined) throw this.failure('input ends with a \\ (escape) character');
    this.index += 2;
    return { char: escaped, isEscaped: true };
  }

  private token({ char, isEscaped }: Rune): GlobToken {
    if (!isEscaped) {
      if (char === '.') return { isSet: false, flag: '' };
      if (char === '[') return { isSet: true, flag: '', ranges: this.set() };
      if (char === ']') throw this.failure("set-close ']' with no preceding '['");
      if (char === '+' || char === '*') throw this.failure(`flag '${char}' must be preceded by a non-flag`);
    }
    const code = codeOf(char);
    return { isSet: false, flag: '', ranges: [[code, code]] };
  }

  private flag(): GlobToken['flag'] {
    const char = this.input[this.index];
    if (char === '\\' && this.index === this.input.length - 1) this.next();
    if (char !== '+' && char !== '*') return '';
    this.index++;
    return char;
  }

  private set(): RuneRange[] {
    const ranges: RuneRange[] = [];
    let previous: number | undefined;
    for (let rune = this.next(); rune; rune = this.next()) {
      if (!rune.isEscaped && rune.char === ']') return merged(ranges);
      if (!rune.isEscaped && rune.char === '-') {
        ranges.push(this.range(previous));
        previous = undefined;
      } else {
        previous = codeOf(rune.char);
        ranges.push([previous, previous]);
      }
    }
    throw this.failure('found [ without matching ]');
  }

  private range(first: number | undefined): RuneRange {
    if (first === undefined) {
      throw this.failure("range character '-' must be preceded by a Unicode character");
    }
    if (this.index >= this.input.length - 1) {
      throw this.failure("range character '-' must be followed by a Unicode character");
    }
    const rune = this.next();
    if (!rune || (!rune.isEscaped && (rune.char === ']' || rune.char === '-'))) {
      throw this.failure("range character '-' cannot be followed by a special symbol");
    }
    const last = codeOf(rune.char);
    if (last < first) {
      const order = `'${rune.char}' comes before '${String.fromCodePoint(first)}'`;
      throw this.failure(`range is out of order: ${order} in Unicode`);
    }
    return [first, last];
  }
}

function merged(ranges: readonly RuneRange[]): RuneRange[] {
  const result: [number, number][] = [];
  for (const [first, last] of ranges.toSorted((left, right) => left[0] - right[0])) {
    const previous = result.at(-1);
    if (previous && first <= previous[1] + 1) {
      previous[1] = Math.max(previous[1], last);
    } else {
      result.push([first, last]);
    }
  }
  return result;
}

function codeOf(char: string): number {
  return char.codePointAt(0) ?? 0;
}
