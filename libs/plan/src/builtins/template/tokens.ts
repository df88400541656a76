import { goQuote } from '../go/quote.js';

/** What a token of a template is. */
export type TokenKind =
  | 'text'
  | 'left'
  | 'right'
  | 'space'
  | '='
  | ':='
  | '|'
  | '('
  | ')'
  | 'character'
  | 'field'
  | 'identifier'
  | 'keyword'
  | 'variable'
  | 'dot'
  | 'nil'
  | 'boolean'
  | 'number'
  | 'rune'
  | 'string'
  | 'raw'
  | 'error'
  | 'end';

/** A token of a template. The text of an error token is its message. */
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

const KEYWORDS = new Set([
  'block',
  'break',
  'continue',
  'define',
  'else',
  'end',
  'if',
  'range',
  'template',
  'with',
]);
const LEFT = '{{';
const LEFT_TRIM = /^-[ \t\r\n]/;
const RIGHT = /(?:[ \t\r\n]-)?\}\}/y;
const WORD = /[\p{L}\p{Nd}_]*/uy;
const STRING = /"(?:[^"\\\n]|\\[^\n])*"/y;
const RUNE = /'(?:[^'\\\n]|\\[^\n])*'/y;
const NUMBER =
  /[+-]?(?:0[xX][\da-fA-F_]*(?:\.[\da-fA-F_]*)?(?:[pP][+-]?[\d_]*)?|0[oO][0-7_]*(?:\.[0-7_]*)?|0[bB][01_]*(?:\.[01_]*)?|[\d_]*(?:\.[\d_]*)?(?:[eE][+-]?[\d_]*)?)i?/y;
const SIGNS: Readonly<Record<string, TokenKind>> = { '=': '=', '|': '|', '(': '(', ')': ')' };

/** Splits a template into tokens. The last token is the end or an error. */
export function tokenize(input: string): Token[] {
  return new Tokenizer(input).tokens();
}

class Tokenizer {
  readonly #tokens: Token[] = [];
  #index = 0;
  #depth = 0;

  constructor(private readonly input: string) {}

  tokens(): Token[] {
    while (this.#index < this.input.length && !this.#hasFailed()) {
      this.#text();
      if (this.input.startsWith(LEFT, this.#index) && !this.#comment()) this.#action();
    }
    if (!this.#hasFailed()) this.#add('end', 'EOF');
    return this.#tokens;
  }

  #hasFailed(): boolean {
    return this.#tokens.at(-1)?.kind === 'error';
  }

  #add(kind: TokenKind, text: string): void {
    this.#tokens.push({ kind, text });
  }

  #text(): void {
    const found = this.input.indexOf(LEFT, this.#index);
    const end = found < 0 ? this.input.length : found;
    const isTrimmed = found >= 0 && LEFT_TRIM.test(this.input.slice(found + 2, found + 4));
    const written = this.input.slice(this.#index, end);
    const text = isTrimmed ? trimEnd(written) : written;
    if (text !== '') this.#add('text', text);
    this.#index = end;
  }

  /** Passes over a comment, with the spaces that its markers trim. */
  #comment(): boolean {
    const after = this.#index + LEFT.length;
    const start = LEFT_TRIM.test(this.input.slice(after, after + 2)) ? after + 2 : after;
    if (!this.input.startsWith('/*', start)) return false;
    const end = this.input.indexOf('*/', start + 2);
    const right = end < 0 ? undefined : this.#match(RIGHT, end + 2);
    if (right === undefined) {
      this.#add('error', end < 0 ? 'unclosed comment' : 'comment ends before closing delimiter');
    } else {
      this.#close(end + 2, right);
    }
    return true;
  }

  #match(pattern: RegExp, index = this.#index): string | undefined {
    pattern.lastIndex = index;
    return pattern.exec(this.input)?.[0];
  }

  #close(index: number, delimiter: string): void {
    this.#index = index + delimiter.length;
    if (delimiter.length === 2) return;
    while (/[ \t\r\n]/.test(this.input.charAt(this.#index))) this.#index++;
  }

  #action(): void {
    this.#add('left', LEFT);
    this.#index += LEFT.length;
    if (LEFT_TRIM.test(this.input.slice(this.#index, this.#index + 2))) this.#index += 2;
    this.#depth = 0;
    for (;;) {
      const right = this.#match(RIGHT);
      if (right !== undefined && (right.length === 2 || this.#depth === 0)) {
        if (this.#depth > 0) {
          this.#add('error', 'unclosed left paren');
        } else {
          this.#add('right', '}}');
          this.#close(this.#index, right);
        }
        return;
      }
      this.#inside();
      if (this.#hasFailed()) return;
    }
  }

  #inside(): void {
    const char = this.input.charAt(this.#index);
    if (char === '') return this.#add('error', 'unclosed action');
    if (/[ \t\r\n]/.test(char)) return this.#spaces();
    if (char === '"') return this.#take('string', STRING, 'unterminated quoted string');
    if (char === '`') return this.#take('raw', /`[^`]*`/y, 'unterminated raw quoted string');
    if (char === "'") return this.#take('rune', RUNE, 'unterminated character constant');
    if (char === '$' || (char === '.' && !/\d/.test(this.input.charAt(this.#index + 1))))
      return this.#name(char);
    if (/[.+\-\d]/.test(char)) return this.#number();
    if (this.#match(WORD) !== '') return this.#name('');
    return this.#sign(char);
  }

  #sign(char: string): void {
    if (char === ':') return this.#take(':=', /:=/y, 'expected :=');
    this.#depth += char === '(' ? 1 : char === ')' ? -1 : 0;
    if (this.#depth < 0) return this.#add('error', 'unexpected right paren');
    this.#index++;
    const kind = SIGNS[char] ?? (/[!-~]/.test(char) ? 'character' : 'error');
    return this.#add(kind, kind === 'error' ? `unrecognized character in action: ${goQuote(char)}` : char);
  }

  #take(kind: TokenKind, pattern: RegExp, problem: string): void {
    const text = this.#match(pattern);
    this.#index += text?.length ?? 0;
    this.#add(text === undefined ? 'error' : kind, text ?? problem);
  }

  /** Reads a run of spaces. The last space may belong to a trim marker. */
  #spaces(): void {
    const run = this.#match(/[ \t\r\n]+/y) ?? '';
    const isMarker = this.input.startsWith('-}}', this.#index + run.length);
    const text = isMarker ? run.slice(0, -1) : run;
    this.#index += text.length;
    if (text !== '') this.#add('space', text);
    else this.#add('error', 'unclosed left paren');
  }

  #number(): void {
    const text = this.#match(NUMBER) ?? '';
    this.#index += text.length;
    const next = this.#match(WORD) ?? '';
    const isBad = next !== '' || /^[+-]$/.test(this.input.charAt(this.#index)) || text.endsWith('i');
    this.#add(isBad ? 'error' : 'number', isBad ? `bad number syntax: ${goQuote(text + next)}` : text);
  }

  /** A word: a field after a dot, a variable after a dollar. */
  #name(prefix: string): void {
    const word = this.#match(WORD, this.#index + prefix.length) ?? '';
    const text = prefix + word;
    this.#index += text.length;
    if (!this.#isAtTerminator()) {
      return this.#add('error', `bad character ${goQuote(this.input.charAt(this.#index))}`);
    }
    if (prefix !== '') return this.#add(prefix === '$' ? 'variable' : word === '' ? 'dot' : 'field', text);
    if (KEYWORDS.has(word)) return this.#add('keyword', word);
    if (word === 'true' || word === 'false') return this.#add('boolean', word);
    return this.#add(word === 'nil' ? 'nil' : 'identifier', word);
  }

  #isAtTerminator(): boolean {
    const next = this.input.charAt(this.#index);
    return next === '' || /[ \t\r\n.,|:)(]/.test(next) || this.input.startsWith('}}', this.#index);
  }
}

function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && /[ \t\r\n]/.test(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}
