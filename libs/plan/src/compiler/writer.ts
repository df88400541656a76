/** Writes the lines of one function, and knows which blocks are open. */
export class Writer {
  #lines: string[] = [];
  readonly #labels: string[] = [];
  #names = 0;

  /** Adds a line. */
  line(text: string): void {
    this.#lines.push(text);
  }

  /** Adds a labelled block, or a labelled loop when `head` begins one. */
  block(write: () => void, head = ''): void {
    const label = this.fresh('b');
    this.line(`${label}: ${head}{`);
    this.#labels.push(label);
    write();
    this.#labels.pop();
    this.line('}');
  }

  /** The statement that leaves the block which is that many blocks further out. */
  leave(outwards = 0): string {
    const label = this.#labels[Math.max(0, this.#labels.length - 1 - outwards)];
    return `break ${label ?? ''};`;
  }

  /** A name that nothing else in this function has. */
  fresh(prefix: string): string {
    return `${prefix}${this.#names++}`;
  }

  /** The lines since they were taken before. */
  take(): readonly string[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }
}
