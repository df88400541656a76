/** Which local variables a piece of a function uses, and which of them hold what another piece assigned. */
export class Locals {
  readonly used = new Set<number>();
  readonly assigned = new Set<number>();
  /** Those that may be read before the piece assigns them. */
  readonly taken = new Set<number>();
  /** Those that are assigned for sure: in the piece, and in each block that is open. */
  readonly #sure: Set<number>[] = [new Set()];
  #mayHaveLeft = false;

  /** Notes the variables of a nested block. */
  within(write: () => void): void {
    this.#sure.push(new Set());
    write();
    this.#sure.pop();
  }

  /** Notes that a statement may leave a block: it skips what follows there, and only there. */
  mayLeave(): void {
    this.#mayHaveLeft = true;
  }

  /** Notes that a variable is read. */
  read(local: number): void {
    this.used.add(local);
    if (!this.#sure.some((block) => block.has(local))) this.taken.add(local);
  }

  /** Notes that a variable is assigned. */
  assign(local: number): void {
    this.used.add(local);
    this.assigned.add(local);
    this.#sure.at(-1)?.add(local);
    if (!this.#mayHaveLeft && this.#sure.length === 2) this.#sure[0]?.add(local);
  }
}
