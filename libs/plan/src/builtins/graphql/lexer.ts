import { runeCount } from '../go/bytes.js';
import { GoError } from '../go/error.js';
import { goQuote } from '../go/quote.js';
import { blockStringValue } from './block-string.js';

/** The kinds of tokens, as errors show them. */
export type TokenKind =
  | '<Invalid>'
  | '<EOF>'
  | '!'
  | '$'
  | '&'
  | '('
  | ')'
  | '...'
  | ':'
  | '='
  | '@'
  | '['
  | ']'
  | '{'
  | '}'
  | '|'
  | 'Name'
  | 'Int'
  | 'Float'
  | 'String'
  | 'BlockString'
  | 'Comment';

/** A token and where it is. */
export interface Token {
  readonly kind: TokenKind;
  readonly value: string;
  readonly line: number;
  readonly column: number;
  /** The reason why a token is invalid. */
  readonly error?: GoError;
}

const PUNCTUATION = new Set(['!', '$', '&', '(', ')', ':', '=', '@', '[', ']', '{', '}', '|']);
const NAME = /[_A-Za-z][_0-9A-Za-z]*/y;
const NUMBER = /-?(?:0(?![0-9])|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const COMMENT = /#[\t\P{Cc}\x7f-\x9f]*/uy;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '/': '/',
  '\\': '\\',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** A token as errors show it. */
export function tokenText({ kind, value }: Token): string {
  return value === '' ? kind : `${kind} ${goQuote(value)}`;
}

/** An error at a place, as OPA shows it. */
export function errorAt(
  { line, column }: { readonly line: number; readonly column: number },
  message: string,
): GoError {
  return new GoError(`${message} in GraphQL string at location ${line}:${column}`);
}

/** Reads the tokens of a GraphQL document. */
export class Lexer {
  private index = 0;
  private line = 1;
  private lineStart = 0;
  private counted = { index: 0, runes: 0 };

  constructor(private readonly input: string) {}

  next(): Token {
    this.skipSpace();
    const start = this.index;
    const char = this.input.charAt(start);
    if (char === '') return this.token('<EOF>', '', start);
    if (PUNCTUATION.has(char)) {
      this.index++;
      return this.token(char as TokenKind, '', start);
    }
    if (this.input.startsWith('...', start)) {
      this.index += 3;
      return this.token('...', '', start);
    }
    if (char === '#') return this.match(COMMENT, 'Comment', start);
    if (/[_A-Za-z]/.test(char)) return this.match(NAME, 'Name', start);
    if (/[-0-9]/.test(char)) return this.number(start);
    if (this.input.startsWith('"""', start)) return this.blockString(start);
    if (char === '"') return this.string(start);
    return this.invalid(`Cannot parse the unexpected character ${goQuote(char)}.`);
  }

  private token(kind: TokenKind, value: string, start: number): Token {
    return { kind, value, line: this.line, column: this.columnOf(start) };
  }

  /** Counts from the previous token, so that a long line is read once. */
  private columnOf(index: number): number {
    if (index < this.lineStart) return index - this.lineStart + 1;
    const isFurther = this.counted.index >= this.lineStart && this.counted.index <= index;
    const { index: from, runes } = isFurther ? this.counted : { index: this.lineStart, runes: 0 };
    this.counted = { index, runes: runes + runeCount(this.input.slice(from, index)) };
    return this.counted.runes + 1;
  }

  private invalid(message: string): Token {
    const place = { line: this.line, column: this.columnOf(this.index) };
    return { kind: '<Invalid>', value: '', ...place, error: errorAt(place, message) };
  }

  private match(pattern: RegExp, kind: TokenKind, start: number): Token {
    pattern.lastIndex = start;
    const value = pattern.exec(this.input)?.[0] ?? '';
    this.index += value.length;
    return this.token(kind, value, start);
  }

  private number(start: number): Token {
    NUMBER.lastIndex = start;
    const match = NUMBER.exec(this.input);
    this.index += match?.[0].length ?? 0;
    const follows = this.input.slice(this.index, this.index + 1);
    // A number is invalid when no digit follows its point or exponent.
    const isBroken =
      match?.[2] === undefined &&
      (follows.toLowerCase() === 'e' || (follows === '.' && match?.[1] === undefined));
    if (!match || isBroken) return this.invalid('Invalid number, expected digit.');
    const isFloat = match[1] !== undefined || match[2] !== undefined;
    return this.token(isFloat ? 'Float' : 'Int', match[0], start);
  }

  private skipSpace(): void {
    for (; ; this.index++) {
      const char = this.input.charAt(this.index);
      if (char === '\n' || char === '\r') {
        if (char === '\r' && this.input.charAt(this.index + 1) === '\n') this.index++;
        this.startLine();
      } else if (char === '' || !'\t ,\ufeff'.includes(char)) {
        return;
      }
    }
  }

  private startLine(): void {
    this.line++;
    this.lineStart = this.index + 1;
  }

  private string(start: number): Token {
    let value = '';
    this.index++;
    for (;;) {
      const char = this.input.charAt(this.index);
      if (char === '' || char === '\n' || char === '\r') return this.invalid('Unterminated string.');
      if (char < ' ' && char !== '\t') return this.invalid('Invalid character within String.');
      if (char === '"') break;
      if (char === '\\') {
        const escaped = this.escape();
        if (escaped === undefined) return this.invalid('Invalid character escape sequence.');
        value += escaped;
      } else {
        value += char;
        this.index++;
      }
    }
    const token = this.token('String', value, start + 1);
    this.index++;
    return token;
  }

  private escape(): string | undefined {
    const letter = this.input.charAt(this.index + 1);
    if (letter === 'u') {
      const hex = this.input.slice(this.index + 2, this.index + 6);
      this.index += 6;
      if (!/^[0-9a-fA-F]{4}$/.test(hex) || this.index >= this.input.length) return undefined;
      const code = Number.parseInt(hex, 16);
      // Go writes each half of a surrogate pair as U+FFFD, even if both halves are present.
      return code >= 0xd800 && code <= 0xdfff ? '\ufffd' : String.fromCharCode(code);
    }
    this.index += 2;
    return Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined;
  }

  private blockString(start: number): Token {
    let value = '';
    this.index += 3;
    for (;;) {
      const char = this.input.charAt(this.index);
      if (char === '') return this.invalid('Unterminated string.');
      const quotes = char === '"' ? (/^"+/.exec(this.input.slice(this.index))?.[0] ?? '') : '';
      if (quotes.length >= 3) {
        const token = this.token('BlockString', blockStringValue(value + quotes.slice(3)), start + 3);
        this.index += quotes.length;
        return token;
      }
      if (char < ' ' && !'\t\n\r'.includes(char)) return this.invalid('Invalid character within String.');
      if (this.input.startsWith('\\"""', this.index)) {
        value += '"""';
        this.index += 4;
      } else {
        value += this.blockCharacter(char);
        this.index++;
      }
    }
  }

  private blockCharacter(char: string): string {
    if (char !== '\n' && char !== '\r') return char;
    if (char === '\r' && this.input.charAt(this.index + 1) === '\n') this.index++;
    this.startLine();
    return '\n';
  }
}
