import type { IncomingMessage } from 'node:http';
import { gunzip } from 'node:zlib';
import { OpaError } from '../contracts/index.js';

type Done = (error: Error | undefined, body: string) => void;

/** Reads the body of a response up to a limit, and unpacks gzip. Requests do not accept gzip, but a mesh may add it. */
export class BodyReader {
  private readonly chunks: Buffer[] = [];
  private size = 0;
  private finished = false;

  constructor(
    private readonly res: IncomingMessage,
    private readonly maxBytes: number,
    private readonly done: Done,
  ) {}

  read(): void {
    const { res } = this;
    if (Number(res.headers['content-length']) > this.maxBytes) return this.refuse();
    res.on('data', (chunk: Buffer) => {
      this.size += chunk.length;
      if (this.size > this.maxBytes) this.refuse();
      else this.chunks.push(chunk);
    });
    res.on('end', () => this.decode());
    res.on('error', (error) => this.finish(error, ''));
  }

  private decode(): void {
    const [first] = this.chunks;
    const bytes = first !== undefined && this.chunks.length === 1 ? first : Buffer.concat(this.chunks);
    const coding = this.res.headers['content-encoding']?.toLowerCase() ?? 'identity';
    if (coding === 'identity') return this.finish(undefined, bytes.toString());
    if (coding !== 'gzip') return this.finish(badAnswer(`it is encoded as ${coding}`), '');
    gunzip(bytes, { maxOutputLength: this.maxBytes }, (error, plain) => {
      if (error === null) this.finish(undefined, plain.toString());
      else this.finish(badAnswer('its gzip is broken or unpacks beyond pool.maxResponseBytes', error), '');
    });
  }

  private refuse(): void {
    this.finish(badAnswer(`it is larger than ${this.maxBytes} bytes (pool.maxResponseBytes)`), '');
    this.res.destroy();
  }

  private finish(error: Error | undefined, body: string): void {
    if (this.finished) return;
    this.finished = true;
    this.done(error, body);
  }
}

function badAnswer(why: string, cause?: Error): OpaError {
  return new OpaError('OPA_BAD_ANSWER', `The module refused OPA's response: ${why}.`, { cause });
}
