import { GoError } from '../go/error.js';
import { readNumber, readRune } from './constants.js';
import { FUNCTIONS } from './functions.js';
import type { Command, Operand, Pipe } from './nodes.js';
import type { Token, TokenKind } from './tokens.js';
import { unquote } from './unquote.js';

const DEEPEST = 500;
const OPERANDS = new Set<TokenKind>([
  'boolean',
  'rune',
  'dot',
  'field',
  'identifier',
  'number',
  'nil',
  'raw',
  'string',
  'variable',
  '(',
]);
const LITERALS = new Set<Operand['kind']>(['constant', 'dot', 'nil']);
const END: Token = { kind: 'end', text: 'EOF' };

/** Reads the text between the delimiters of an action. */
export class PipelineParser {
  /** The variables that are declared so far. */
  protected variables: string[] = ['$'];
  /** The index of the next token. */
  protected index = 0;
  #depth = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  /** The next token. */
  protected peek(): Token {
    return this.tokens[this.index] ?? END;
  }

  /** The next token that is not a space. */
  protected peekWord(): Token {
    while (this.peek().kind === 'space') this.index++;
    return this.peek();
  }

  /** Takes the next token that is not a space. */
  protected next(): Token {
    const token = this.peekWord();
    this.index++;
    return token;
  }

  /** Takes the next token, which must be of a kind. */
  protected expect(kind: TokenKind, context: string): Token {
    const token = this.next();
    if (token.kind !== kind) throw unexpected(token, context);
    return token;
  }

  /** Reads a nested part. Throws when the nesting is too deep. */
  protected nested<Result>(work: () => Result): Result {
    if (++this.#depth > DEEPEST) throw new GoError('max expression depth exceeded');
    const result = work();
    this.#depth--;
    return result;
  }

  /** Reads commands up to a token of a kind, and takes that token. */
  protected pipeline(context: string, end: TokenKind): Pipe {
    const variables: string[] = [];
    const sign = this.#declarations(context, variables);
    const commands: Command[] = [];
    for (;;) {
      const token = this.peekWord();
      if (token.kind === end) break;
      if (!OPERANDS.has(token.kind)) throw unexpected(token, context);
      commands.push(this.#command());
    }
    this.index++;
    if (commands.length === 0) throw new GoError(`missing value for ${context}`);
    const stage = commands.findIndex(([first], index) => index > 0 && first && LITERALS.has(first.kind));
    if (stage > 0) throw new GoError(`non executable command in pipeline stage ${stage + 1}`);
    return { variables, isAssignment: sign === '=', commands };
  }

  /** The variables before a sign of assignment or declaration. */
  #declarations(context: string, variables: string[]): TokenKind | undefined {
    for (;;) {
      const variable = this.peekWord();
      if (variable.kind !== 'variable') return undefined;
      const start = this.index++;
      const { kind, text } = this.peekWord();
      const isComma = kind === 'character' && text === ',';
      if (kind !== '=' && kind !== ':=' && !isComma) {
        this.index = start;
        return undefined;
      }
      this.index++;
      variables.push(variable.text);
      this.variables.push(variable.text);
      if (!isComma) return kind;
      if (context !== 'range' || variables.length > 1)
        throw new GoError(`too many declarations in ${context}`);
      if (!['variable', 'right', ')'].includes(this.peekWord().kind)) {
        throw new GoError('range can only initialize variables');
      }
    }
  }

  #command(): Command {
    const operands: Operand[] = [];
    for (;;) {
      this.peekWord();
      const operand = this.#operand();
      if (operand) operands.push(operand);
      const token = this.peek();
      if (token.kind === 'space') continue;
      if (token.kind === '|') this.index++;
      else if (token.kind !== 'right' && token.kind !== ')') throw unexpected(token, 'operand');
      break;
    }
    if (operands.length === 0) throw new GoError('empty command');
    return operands;
  }

  #operand(): Operand | undefined {
    const node = this.#term();
    if (!node) return undefined;
    const names: string[] = [];
    while (this.peek().kind === 'field') {
      names.push(this.peek().text.slice(1));
      this.index++;
    }
    if (names.length === 0) return node;
    if (node.kind === 'field' || node.kind === 'variable')
      return { ...node, names: [...node.names, ...names] };
    if (LITERALS.has(node.kind)) throw new GoError('unexpected . after term');
    return { kind: 'chain', node, names };
  }

  #term(): Operand | undefined {
    const { kind, text } = this.peek();
    const operand = OPERANDS.has(kind) ? this.#read(kind, text) : undefined;
    return operand;
  }

  #read(kind: TokenKind, text: string): Operand {
    this.index++;
    switch (kind) {
      case 'identifier':
        if (!FUNCTIONS.has(text)) throw new GoError(`function "${text}" not defined`);
        return { kind: 'function', name: text };
      case 'dot':
      case 'nil':
        return { kind };
      case 'variable':
        if (!this.variables.includes(text)) throw new GoError(`undefined variable "${text}"`);
        return { kind, name: text, names: [] };
      case 'field':
        return { kind, names: [text.slice(1)] };
      case 'boolean':
        return { kind: 'constant', value: text === 'true' };
      case 'number':
        return { kind: 'constant', value: readNumber(text) };
      case 'rune':
        return { kind: 'constant', value: readRune(text) };
      case '(':
        return this.nested(() => ({ kind: 'pipe', pipe: this.pipeline('parenthesized pipeline', ')') }));
      default:
        return { kind: 'constant', value: unquote(text) };
    }
  }
}

/** The error for an unexpected token. */
export function unexpected(token: Token, context: string): GoError {
  if (token.kind === 'error') return new GoError(token.text);
  return new GoError(`unexpected <${token.text}> in ${context}`);
}
