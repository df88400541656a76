import { Logger } from '@nestjs/common';
import { readFileSync, statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import type { MaybePromise } from '../contracts/index.js';

/** How often a file is looked at, in milliseconds, and only while it is used. */
const LOOK_EVERY_MS = 1_000;

/** A file whose content is read again when it has changed: a certificate, a key or a token that is rotated. */
export class FreshFile {
  private readonly logger = new Logger(FreshFile.name);
  private latest: Buffer;
  private stamp: string;
  private lookedAt = performance.now();
  private looking: Promise<void> | undefined;

  /** @throws the file system's error when the file can't be read */
  constructor(readonly path: string) {
    this.stamp = stampOf(statSync(path));
    this.latest = readFileSync(path);
  }

  /** The content as it was last read. */
  get current(): Buffer {
    return this.latest;
  }

  /**
   * Gives the content, at most one second old; the former one while the file can't be read. Without a promise while it
   * needn't be looked at.
   *
   * @param now - look at the file now, however lately it was looked at
   */
  read(now = false): MaybePromise<Buffer> {
    if (!now && performance.now() - this.lookedAt < LOOK_EVERY_MS) return this.latest;
    this.looking ??= this.look().finally(() => (this.looking = undefined));
    return this.looking.then(() => this.latest);
  }

  private async look(): Promise<void> {
    this.lookedAt = performance.now();
    try {
      const stamp = stampOf(await stat(this.path));
      if (stamp === this.stamp) return;
      this.latest = await readFile(this.path);
      this.stamp = stamp;
    } catch (error) {
      this.logger.warn(`${this.path} can't be read again; its former content is used. ${String(error)}`);
    }
  }
}

function stampOf({ ino, mtimeMs, size }: { ino: number; mtimeMs: number; size: number }): string {
  return `${ino}:${mtimeMs}:${size}`;
}
