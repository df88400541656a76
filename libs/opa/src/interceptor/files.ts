import { Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';
import { OpaError } from '../contracts/index.js';

/** The largest stream that the interceptor buffers for a response policy, in bytes. It refuses a longer stream. */
export const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;

/** A file without a default type. For other files without a type, Nest sets `application/octet-stream`. */
export class UntypedFile extends StreamableFile {
  override getHeaders(): ReturnType<StreamableFile['getHeaders']> {
    // Nest sets no Content-Type for `undefined`. Its types do not say that.
    return Object.assign(super.getHeaders(), { type: this.options.type });
  }
}

/** Makes a file from new bytes, with the type and disposition of an existing file. */
export function fileLike(file: StreamableFile, bytes: Uint8Array): StreamableFile {
  const { type, disposition, length } = file.getHeaders();
  const options = { type, ...(disposition !== undefined && { disposition }) };
  // For HEAD the body is empty, but Content-Length is not 0. Nest sets Content-Length for bytes and not for a stream.
  return bytes.length === 0 && length !== 0
    ? new UntypedFile(Readable.from([]), options)
    : new UntypedFile(bytes, options);
}

/**
 * Reads a file to its end.
 *
 * @throws OpaError `OPA_BAD_ANSWER` when the file is larger than {@link MAX_BUFFERED_BYTES}
 */
export async function buffered(file: StreamableFile): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of file.getStream() as AsyncIterable<Buffer | string>) {
    const bytes = Buffer.from(chunk as Buffer);
    size += bytes.length;
    // The throw leaves the loop, and the loop then destroys the stream.
    if (size > MAX_BUFFERED_BYTES) {
      throw new OpaError(
        'OPA_BAD_ANSWER',
        `A response of more than ${MAX_BUFFERED_BYTES} bytes can't be decided.`,
      );
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}
