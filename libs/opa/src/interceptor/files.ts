import { Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';
import { OpaError } from '../contracts/index.js';

/** How much of a stream is buffered for a response policy, in bytes; a longer one is refused. */
export const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;

/** Makes a file of other bytes, with the headers of one. */
export function fileLike(file: StreamableFile, bytes: Uint8Array): StreamableFile {
  const { type, disposition, length } = file.getHeaders();
  const options = { type, ...(disposition !== undefined && { disposition }) };
  // An answer to HEAD has no body, and a length that isn't this one. Of bytes Nest tells the length.
  return bytes.length === 0 && length !== 0
    ? new StreamableFile(Readable.from([]), options)
    : new StreamableFile(bytes, options);
}

/**
 * Reads a file to its end.
 *
 * @throws OpaError `OPA_BAD_ANSWER` when it is larger than the cap
 */
export async function buffered(file: StreamableFile): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of file.getStream() as AsyncIterable<Buffer | string>) {
    const bytes = Buffer.from(chunk as Buffer);
    size += bytes.length;
    // Leaving the loop destroys the stream.
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
