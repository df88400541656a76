import { Logger } from '@nestjs/common';
import { readFileSync, statSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { OpaError } from '../contracts/index.js';
import type { MaybePromise } from '../contracts/index.js';

/** How often a file is checked for changes while it is used, in milliseconds. */
const LOOK_EVERY_MS = 1_000;

/**
 * Opens a file of an option.
 *
 * @param owner - the option, for the message
 * @param context - the context of the file's log lines. Default: `FreshFile`
 * @throws OpaError `OPA_BAD_OPTIONS` when the file can't be read. The message has the path and the code of the file system
 */
export function openFile(path: string, owner: string, context?: string): FreshFile {
  try {
    return new FreshFile(path, context);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new OpaError('OPA_BAD_OPTIONS', `${owner}: the file ${path} can't be read (${code}).`, { cause });
  }
}

/** A certificate, key, token or secret file that is read again when it has changed. */
export class FreshFile {
  private readonly logger: Logger;
  private latest: Buffer;
  private stamp: string;
  private lookedAt = performance.now();
  private looking: Promise<void> | undefined;
  private isUnreadable = false;

  /**
   * @param context - the context of the log lines
   * @throws the error of the file system when the file can't be read
   */
  constructor(
    readonly path: string,
    context = FreshFile.name,
  ) {
    this.logger = new Logger(context);
    this.stamp = stampOf(statSync(path));
    this.latest = readFileSync(path);
  }

  /** The content of the last read. */
  get current(): Buffer {
    return this.latest;
  }

  /**
   * Returns the content, at most one second old, or the previous content while the file can't be read. Returns a promise
   * only when the file must be checked.
   *
   * @param now - check the file now, however recent the last check is
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
      if (stamp !== this.stamp) {
        this.latest = await readFile(this.path);
        this.stamp = stamp;
      }
      this.isUnreadable = false;
    } catch (error) {
      if (this.isUnreadable) return;
      this.isUnreadable = true;
      this.logger.warn(
        `${this.path} can't be read again. The module keeps using the previous content. ${String(error)}`,
      );
    }
  }
}

function stampOf({ ino, mtimeMs, size }: { ino: number; mtimeMs: number; size: number }): string {
  return `${ino}:${mtimeMs}:${size}`;
}
