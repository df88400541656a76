import { posix } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { PlanError } from '../error.js';
import { readTar } from './tar.js';

const inflate = promisify(gunzip);

/** The files of an archive. The key is the absolute path, such as `/plan.json`. */
export type ArchiveFiles = ReadonlyMap<string, Buffer>;

/**
 * Unpacks a tar.gz in memory.
 *
 * @param maxBytes - the largest unpacked size
 * @throws PlanError `LIMIT_EXCEEDED` beyond that size, `INVALID_BUNDLE` for anything but a complete archive
 */
export async function unpack(packed: Uint8Array, maxBytes: number): Promise<ArchiveFiles> {
  try {
    const archive = await inflate(packed, { maxOutputLength: maxBytes });
    const files = new Map<string, Buffer>();
    for (const { name, bytes } of readTar(archive)) files.set(posix.normalize(`/${name}`), bytes);
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
