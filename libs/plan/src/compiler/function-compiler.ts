import type { Block, Operand, StatementLocation } from '../plan/index.js';
import { local, operand } from './expressions.js';
import type { Program } from './program.js';
import type { Guard } from './guard.js';
import { Locals } from './locals.js';
import { MAX_LOCALS } from '../plan/index.js';
import { Writer } from './writer.js';

/** Variable `RULED + n` is true when local variable `n` holds the value of a rule instead of base data. */
const RULED = MAX_LOCALS;

/** One or two outermost blocks of a function. No statement breaks out of a piece. */
export interface Piece {
  readonly lines: readonly string[];
  readonly locals: Locals;
  /** Whether the piece returns from the function. */
  readonly returns: boolean;
  /** A test of the input. The piece has no effect when the test fails. */
  readonly guard: Guard | undefined;
}

/** Compiles the statements of one function to lines of JavaScript, and tracks its local variables. */
export class FunctionCompiler {
  readonly writer = new Writer();
  #locals = new Locals();
  #returns = false;
  /** The local variables that may hold a part of base data, read through a reference. */
  readonly #base = new Set<number>([1]);
  /** The variables of `#base` that may hold the value of a rule instead. The variable `RULED + n` tells which. */
  readonly #ruled = new Set<number>();

  constructor(
    readonly program: Program,
    /** The name of the function in error messages. */
    private readonly rule: string,
    private readonly compileBlock: (compiler: FunctionCompiler, block: Block) => void,
    private readonly returning: (value: string) => string,
    readonly isEntrypoint: boolean,
  ) {}

  /** Compiles outermost blocks. */
  piece(blocks: readonly Block[], guard: Guard | undefined): Piece {
    this.#locals = new Locals();
    this.#returns = false;
    for (const block of blocks) this.nested(() => this.block(block));
    return { lines: this.writer.take(), locals: this.#locals, returns: this.#returns, guard };
  }

  /** Adds a labelled block, or a labelled loop when `head` begins one. */
  nested(write: () => void, head = ''): void {
    this.writer.block(() => this.#locals.within(write), head);
  }

  /** The statement that leaves a block: see `Writer.leave`. */
  leave(outwards = 0): string {
    this.#locals.mayLeave();
    return this.writer.leave(outwards);
  }

  /** The statement that returns a result from the function. */
  result(value: string): string {
    this.#returns = true;
    return this.returning(value);
  }

  /** Adds a line. */
  line(text: string): void {
    this.writer.line(text);
  }

  /** Adds the statements of a block. */
  block(block: Block): void {
    this.compileBlock(this, block);
  }

  /** The expression that reads an operand. */
  read(value: Operand): string {
    if (value.type === 'local') this.#locals.read(value.value);
    return operand(this.program, value);
  }

  /** The name of a local variable. */
  local(number: number): string {
    this.#locals.read(number);
    return local(number);
  }

  /** Assigns to a local variable. */
  assign(target: number, value: string): void {
    this.#base.delete(target);
    this.#locals.assign(target);
    this.line(`${local(target)} = ${value};`);
  }

  /** Assigns to a local variable. The generated code leaves the block when the value is undefined. */
  assignDefined(target: number, value: string): void {
    this.assign(target, value);
    this.leaveIf(`${this.local(target)} === undefined`);
  }

  /** Leaves the block when a condition holds, because the statement is undefined. */
  leaveIf(condition: string): void {
    this.line(`if (${condition}) ${this.leave()}`);
  }

  /** Adds a line that adds an element to a collection, and counts the element. */
  grow(line: string): void {
    this.line('if (--c.room < 0) c.full();');
    this.line(line);
  }

  /** The number of a statement's place in the table of locations. */
  site(location: StatementLocation): number {
    return this.program.site(location, this.rule);
  }

  /** Records that `target` holds a part of `source`. If `source` may hold base data, `target` may too. */
  markPartOf(source: number, target: number): void {
    if (!this.#base.has(source)) return;
    this.#base.add(target);
    if (this.#ruled.has(source)) this.#ruled.add(target);
    if (this.#ruled.has(target)) {
      this.#setRuled(target, this.#ruled.has(source) ? this.local(RULED + source) : 'false');
    }
  }

  /** Records that a local variable holds the value of a rule, not base data. */
  markRuled(number: number): void {
    this.#ruled.add(number);
    this.#setRuled(number, 'true');
  }

  /**
   * The function that looks up a key in a local variable. Base data finds the key 80 under the text "80"; other
   * values do not.
   */
  lookup(source: number): string {
    if (!this.#base.has(source)) return '$get';
    return this.#ruled.has(source) ? `(${this.local(RULED + source)} ? $get : $baseGet)` : '$baseGet';
  }

  #setRuled(number: number, value: string): void {
    this.#locals.assign(RULED + number);
    this.line(`${local(RULED + number)} = ${value};`);
  }
}
