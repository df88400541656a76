import type { GoError } from '../go/error.js';
import { goQuote } from '../go/quote.js';
import type { CommentGroup } from './ast.js';
import type { Token, TokenKind } from './lexer.js';
import { errorAt, Lexer, tokenText } from './lexer.js';

const DEEPEST = 2_000;

/** Reads tokens with a look-ahead of one. As in OPA's library, it stores the comments before the next token. */
export class TokenReader {
  private readonly lexer: Lexer;
  private ahead: Token | undefined;
  private isReadingComments = false;
  private depth = 0;
  /** The comments before the next token. Reading the token clears them. */
  comment: CommentGroup | null = null;
  /** The last token that was read. */
  previous: Token = { kind: '<Invalid>', value: '', line: 1, column: 1 };

  constructor(
    input: string,
    private readonly onToken: () => void,
  ) {
    this.lexer = new Lexer(input);
  }

  peek(): Token {
    if (!this.ahead) {
      this.onToken();
      this.ahead = this.lexer.next();
      if (this.ahead.kind === 'Comment') this.readComments();
    }
    return this.ahead;
  }

  next(): Token {
    const token = this.peek();
    this.ahead = undefined;
    this.comment = null;
    if (token.error) throw token.error;
    this.previous = token;
    return token;
  }

  is(kind: TokenKind): boolean {
    return this.peek().kind === kind;
  }

  isKeyword(...words: string[]): boolean {
    const { kind, value } = this.peek();
    return kind === 'Name' && words.includes(value);
  }

  skip(kind: TokenKind): boolean {
    if (!this.is(kind)) return false;
    this.next();
    return true;
  }

  expect(kind: TokenKind): readonly [token: Token, comment: CommentGroup | null] {
    const token = this.peek();
    const { comment } = this;
    if (token.kind !== kind) throw errorAt(token, `Expected ${kind}, found ${token.kind}`);
    return [this.next(), comment];
  }

  expectKeyword(word: string): CommentGroup | null {
    const token = this.peek();
    const { comment } = this;
    if (!this.isKeyword(word)) throw errorAt(token, `Expected ${goQuote(word)}, found ${tokenText(token)}`);
    this.next();
    return comment;
  }

  name(): string {
    return this.expect('Name')[0].value;
  }

  unexpected(token = this.peek()): GoError {
    return errorAt(token, `Unexpected ${tokenText(token)}`);
  }

  /** Items between two tokens. Empty when the first token is absent. */
  many<Item>(start: TokenKind, end: TokenKind, read: () => Item): Item[] {
    const items: Item[] = [];
    if (!this.skip(start)) return items;
    this.deepen(() => {
      while (!this.is(end)) items.push(read());
    });
    this.next();
    return items;
  }

  /** At least one item between two tokens, and the comments before the second token. */
  some<Item>(
    start: TokenKind,
    end: TokenKind,
    read: () => Item,
  ): { items: Item[]; comment: CommentGroup | null } {
    const items: Item[] = [];
    if (!this.skip(start)) return { items, comment: null };
    this.deepen(() => {
      while (!this.is(end)) items.push(read());
    });
    const token = this.peek();
    if (items.length === 0) throw errorAt(token, `expected at least one definition, found ${token.kind}`);
    const { comment } = this;
    this.next();
    return { items, comment };
  }

  /** Runs a recursive step. A document that is nested too deep causes an error before the stack is full. */
  deepen<Result>(read: () => Result): Result {
    this.depth++;
    if (this.depth > DEEPEST) throw errorAt(this.peek(), 'the document is nested too deeply');
    const result = read();
    this.depth--;
    return result;
  }

  private readComments(): void {
    if (this.isReadingComments) return;
    this.isReadingComments = true;
    const list: { Value: string }[] = [];
    while (this.peek().kind === 'Comment') list.push({ Value: this.next().value });
    this.comment = { List: list };
    this.isReadingComments = false;
  }
}
