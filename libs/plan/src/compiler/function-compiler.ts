import type { Block, Operand, StatementLocation } from '../plan/index.js';
import { local, operand } from './expressions.js';
import type { Program } from './program.js';
import { Writer } from './writer.js';

/** What statements need while they become lines of one function. */
export class FunctionCompiler {
  readonly writer = new Writer();
  /** Every local variable of the function. */
  readonly locals = new Set<number>();
  /** The local variables that hold a part of base data, reached by the keys of a reference. */
  readonly #base = new Set<number>([1]);

  constructor(
    readonly program: Program,
    /** What errors name the function by. */
    private readonly rule: string,
    private readonly compileBlock: (compiler: FunctionCompiler, block: Block) => void,
    /** What `return` is followed by. */
    readonly result: (value: string) => string,
  ) {}

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
    if (value.type === 'local') this.locals.add(value.value);
    return operand(this.program, value);
  }

  /** The name of a local variable. */
  local(number: number): string {
    this.locals.add(number);
    return local(number);
  }

  /** Assigns to a local variable. */
  assign(target: number, value: string): void {
    this.#base.delete(target);
    this.line(`${this.local(target)} = ${value};`);
  }

  /** Assigns to a local variable, and leaves the block when that made it undefined. */
  assignDefined(target: number, value: string): void {
    this.assign(target, value);
    this.leaveIf(`${this.local(target)} === undefined`);
  }

  /** Leaves the block under a condition: the statement is undefined. */
  leaveIf(condition: string): void {
    this.line(`if (${condition}) ${this.writer.leave()}`);
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

  /** Whether a local variable holds a part of base data. */
  isBase(number: number): boolean {
    return this.#base.has(number);
  }

  /** Notes that a local variable holds a part of base data from here on. */
  markBase(number: number): void {
    this.#base.add(number);
  }
}
