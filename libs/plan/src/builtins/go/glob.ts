import { GoError } from './error.js';
import { bytesOf } from './bytes.js';

/** Characters with a special meaning in a pattern. */
const SPECIAL = /[*?\\[\]{}]/g;
const END = undefined;

/** Escapes a text, so that the pattern matches only this text. */
export function quoteGlob(text: string): string {
  return text.replace(SPECIAL, '\\$&');
}

/**
 * Converts a pattern of gobwas/glob to a regular expression of RE2 for whole texts. `*` and `?` do not match
 * delimiters. Throws Go's error for an invalid pattern.
 */
export function globToRegex(pattern: string, delimiters: readonly string[]): string {
  return new GlobParser(Array.from(pattern), delimiters).parse();
}

class GlobParser {
  private index = 0;
  private depth = 0;
  private readonly single: string;

  constructor(
    private readonly pattern: readonly string[],
    delimiters: readonly string[],
  ) {
    this.single = delimiters.length === 0 ? '(?s:.)' : `[^${delimiters.map(classRune).join('')}]`;
  }

  parse(): string {
    let regex = '';
    for (let char = this.take(); char !== END; char = this.take()) regex += this.parseToken(char);
    if (this.depth > 0) throw this.failure('unclosed `{`');
    return `^(?:${regex})$`;
  }

  private take(): string | undefined {
    return this.pattern[this.index++];
  }

  private failure(reason: string): GoError {
    const offset = bytesOf(this.pattern.slice(0, this.index).join('')).length;
    return new GoError(`glob: syntax error at ${offset}: ${reason}`);
  }

  private parseToken(char: string): string {
    switch (char) {
      case '*':
        if (this.pattern[this.index] !== '*') return `${this.single}*`;
        this.index++;
        return '(?s:.)*';
      case '?':
        return this.single;
      case '[':
        return this.parseClass();
      case '{':
        this.depth++;
        return '(?:';
      case '\\':
        return escapeRune(this.takeEscaped());
      default:
        return this.depth > 0 ? this.parseInTerms(char) : escapeRune(char);
    }
  }

  private parseInTerms(char: string): string {
    if (char === ',') return '|';
    if (char !== '}') return escapeRune(char);
    this.depth--;
    return ')';
  }

  private takeEscaped(): string {
    const char = this.take();
    if (char === END) throw this.failure('trailing backslash');
    return char;
  }

  private parseClass(): string {
    let char = this.takeInClass();
    const isNegated = char === '!';
    if (isNegated) char = this.takeInClass();
    const set = this.pattern[this.index] === '-' ? this.parseRange(char) : this.parseSet(char);
    return `[${isNegated ? '^' : ''}${set}]`;
  }

  private takeInClass(): string {
    const char = this.take();
    if (char === END) throw this.failure('unexpected end of input');
    return char;
  }

  private parseRange(low: string): string {
    this.index++;
    const high = this.takeInClass();
    this.closeClass();
    if ((high.codePointAt(0) ?? 0) < (low.codePointAt(0) ?? 0)) {
      throw this.failure('range hi character is less than lo');
    }
    return `${classRune(low)}-${classRune(high)}`;
  }

  private parseSet(first: string): string {
    let set = '';
    for (let char: string | undefined = first; char !== ']'; char = this.takeInClass()) {
      set += classRune(char === '\\' ? this.takeEscaped() : char);
    }
    if (set === '') throw this.failure('could not parse range');
    return set;
  }

  private closeClass(): void {
    if (this.takeInClass() !== ']') throw this.failure('expected close range character');
  }
}

function escapeRune(char: string): string {
  return /[A-Za-z0-9]/.test(char) ? char : `\\x{${codeOf(char)}}`;
}

function classRune(char: string): string {
  return `\\x{${codeOf(char)}}`;
}

function codeOf(char: string): string {
  return (char.codePointAt(0) ?? 0).toString(16);
}
