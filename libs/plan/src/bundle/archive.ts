import { posix } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { PlanError } from '../error.js';

const inflate = promisify(gunzip);

/** An archive's files by their absolute path, such as `/plan.json`. */
export type ArchiveFiles = ReadonlyMap<string, Buffer>;

/** Unpacks a tar.gz that is held in memory, up to a limit of bytes. */
export async function unpack(packed: Uint8Array, maxBytes: number): Promise<ArchiveFiles> {
  try {
    const tar = extract();
    tar.end(await inflate(packed, { maxOutputLength: maxBytes }));
    const files = new Map<string, Buffer>();
    for await (const entry of tar) {
      const chunks: Buffer[] = [];
      for await (const chunk of entry) chunks.push(chunk as Buffer);
      if (entry.header.type === 'file') files.set(posix.normalize(`/${entry.header.name}`), joined(chunks));
    }
    return files;
  } catch (cause) {
    if ((cause as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new PlanError(
        'LIMIT_EXCEEDED',
        `The bundle is larger than ${maxBytes} bytes when it is unpacked`,
        { cause },
      );
    }
    const reason = (cause as Error).message;
    throw new PlanError('INVALID_BUNDLE', `The bundle is not a whole tar.gz archive: ${reason}`, { cause });
  }
}

/** The bytes of a file. They are copied only where they come in several parts. */
function joined(chunks: readonly Buffer[]): Buffer {
  const [only, ...rest] = chunks;
  return only && rest.length === 0 ? only : Buffer.concat(chunks);
}
