import { OpaError } from 'nestjs-opa';
import { openFile } from 'nestjs-opa/internal';
import type { FreshFile } from 'nestjs-opa/internal';
import { Logger } from '@nestjs/common';
import type { Secret } from '../options/secret.js';

/** A secret that can stand in a header (RFC 9110, 5.5). */
const VALUE = /^[\x21-\x7e\x80-\xff]([\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?$/;

/** Reads a secret: a text, or the content of a file without the white space around it. */
export class SecretSource {
  private readonly file: FreshFile | undefined;
  private latest: string;
  private refused: string | undefined;

  /**
   * @param owner - the entry and the option, for messages
   * @param context - the context of log lines
   * @throws OpaError `OPA_BAD_OPTIONS` when the file can't be read, or the value can't stand in a header
   */
  constructor(
    secret: Secret,
    private readonly owner: string,
    private readonly context: string,
  ) {
    this.file = typeof secret === 'string' ? undefined : openFile(secret.file, owner, context);
    this.latest = this.file === undefined ? (secret as string) : textOf(this.file.current);
    if (!VALUE.test(this.latest))
      throw new OpaError(
        'OPA_BAD_OPTIONS',
        `${owner}: the value is empty or has characters that no header can have.`,
      );
  }

  /** The value, at most one second older than the file. While the file has no usable value, the former value. */
  async read(): Promise<string> {
    if (this.file === undefined) return this.latest;
    const value = textOf(await this.file.read());
    if (value === this.latest) return value;
    if (VALUE.test(value)) this.latest = value;
    else if (value !== this.refused) {
      this.refused = value;
      new Logger(this.context).warn(`${this.owner}: the file has no usable value. The former value is used.`);
    }
    return this.latest;
  }
}

const textOf = (content: Buffer): string => content.toString('latin1').trim();
