import { createHash, randomBytes } from 'node:crypto';

/** A source of random bytes: from the system, or repeatable bytes from a seed. */
export class RandomSource {
  #counter = 0;
  #rest: Buffer = Buffer.alloc(0);

  constructor(private readonly seed: string | undefined) {}

  /** Returns the next bytes. */
  bytes(count: number): Uint8Array {
    if (this.seed === undefined) return randomBytes(count);
    while (this.#rest.length < count) {
      const block = createHash('sha256').update(`${this.#counter++}:${this.seed}`).digest();
      this.#rest = Buffer.concat([this.#rest, block]);
    }
    const bytes = this.#rest.subarray(0, count);
    this.#rest = this.#rest.subarray(count);
    return bytes;
  }

  /** Returns the next number from 0 to below 1. */
  number(): number {
    return Buffer.from(this.bytes(6)).readUIntBE(0, 6) / 2 ** 48;
  }
}
