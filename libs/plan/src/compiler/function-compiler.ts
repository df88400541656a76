import type { Block, Operand, StatementLocation } from '../plan/index.js';
import { local, operand } from './expressions.js';
import type { Program } from './program.js';
import type { Guard } from './guard.js';
import { Locals } from './locals.js';
import { MAX_LOCALS } from '../plan/index.js';
import { Writer } from './writer.js';

/** From here on, variables say whether the local one with a number less holds what a rule gave, not base data. */
const RULED = MAX_LOCALS;

/** One or two outermost blocks of a function: nothing breaks out of them. */
export interface Piece {
  readonly lines: readonly string[];
  readonly locals: Locals;
  /** Whether it ends the function. */
  readonly returns: boolean;
  /** What the input must be, or the piece does nothing. */
  readonly guard: Guard | undefined;
}

/** What statements need while they become lines of one function. */
export class FunctionCompiler {
  readonly writer = new Writer();
  #locals = new Locals();
  #returns = false;
  /** The local variables that hold a part of base data, reached by the keys of a reference. */
  readonly #base = new Set<number>([1]);
  /** Of those, the ones that may hold what a rule gave instead: another variable says which. */
  readonly #ruled = new Set<number>();

  constructor(
    readonly program: Program,
    /** What errors name the function by. */
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

  /** What ends the function with a result. */
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

  /** What an operand reads. */
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

  /** Assigns to a local variable, and leaves the block when that made it undefined. */
  assignDefined(target: number, value: string): void {
    this.assign(target, value);
    this.leaveIf(`${this.local(target)} === undefined`);
  }

  /** Leaves the block under a condition: the statement is undefined. */
  leaveIf(condition: string): void {
    this.line(`if (${condition}) ${this.leave()}`);
  }

  /** Adds a line by which a collection grows. */
  grow(line: string): void {
    this.line('if (--c.room < 0) c.full();');
    this.line(line);
  }

  /** The number of a statement's place. */
  site(location: StatementLocation): number {
    return this.program.site(location, this.rule);
  }

  /** Notes that a local variable holds a part of what another one holds, which may be base data. */
  markPartOf(source: number, target: number): void {
    if (!this.#base.has(source)) return;
    this.#base.add(target);
    if (this.#ruled.has(source)) this.#ruled.add(target);
    if (this.#ruled.has(target)) {
      this.#setRuled(target, this.#ruled.has(source) ? this.local(RULED + source) : 'false');
    }
  }

  /** Notes that a local variable which may hold base data holds what a rule gave. */
  markRuled(number: number): void {
    this.#ruled.add(number);
    this.#setRuled(number, 'true');
  }

  /** What looks up a key in a local variable. Only base data finds a number's entry by the number's text. */
  lookup(source: number): string {
    if (!this.#base.has(source)) return '$get';
    return this.#ruled.has(source) ? `(${this.local(RULED + source)} ? $get : $baseGet)` : '$baseGet';
  }

  #setRuled(number: number, value: string): void {
    this.#locals.assign(RULED + number);
    this.line(`${local(RULED + number)} = ${value};`);
  }
}
