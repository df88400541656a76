/** Records which local variables a piece uses, and which of them another piece may have assigned. */
export class Locals {
  readonly used = new Set<number>();
  readonly assigned = new Set<number>();
  /** The variables that the piece may read before it assigns them. */
  readonly taken = new Set<number>();
  /** The variables that are certainly assigned: one set for the piece, and one for each open block. */
  readonly #sure: Set<number>[] = [new Set()];
  #mayHaveLeft = false;

  /** Records the variables of a nested block. */
  within(write: () => void): void {
    this.#sure.push(new Set());
    write();
    this.#sure.pop();
  }

  /** Records that a statement may leave a block. Only the rest of that block is skipped then. */
  mayLeave(): void {
    this.#mayHaveLeft = true;
  }

  /** Records that a variable is read. */
  read(local: number): void {
    this.used.add(local);
    if (!this.#sure.some((block) => block.has(local))) this.taken.add(local);
  }

  /** Records that a variable is assigned. */
  assign(local: number): void {
    this.used.add(local);
    this.assigned.add(local);
    this.#sure.at(-1)?.add(local);
    if (!this.#mayHaveLeft && this.#sure.length === 2) this.#sure[0]?.add(local);
  }
}
