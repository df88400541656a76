/** Writes the lines of one function, and tracks the open blocks. */
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

  /** The statement that leaves a block. `outwards` counts the enclosing blocks: 0 is the innermost block. */
  leave(outwards = 0): string {
    const label = this.#labels[Math.max(0, this.#labels.length - 1 - outwards)];
    return `break ${label ?? ''};`;
  }

  /** A name that is unique in this function. */
  fresh(prefix: string): string {
    return `${prefix}${this.#names++}`;
  }

  /** Returns the lines that were added since the last call. */
  take(): readonly string[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }
}
