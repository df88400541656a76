import { posix } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { extract } from 'tar-stream';

const inflate = promisify(gunzip);

/** An archive's files by their absolute path, such as `/policy.wasm`. */
export type ArchiveFiles = ReadonlyMap<string, Buffer>;

/**
 * Unpacks a tar.gz that is held in memory.
 *
 * @param maxBytes - more than this, unpacked, is refused
 * @throws Error when it is not gzip, not tar, cut short, or too large
 */
export async function unpack(packed: Buffer, maxBytes: number): Promise<ArchiveFiles> {
  const tar = extract();
  tar.end(await inflate(packed, { maxOutputLength: maxBytes }));

  const files = new Map<string, Buffer>();
  for await (const entry of tar) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    if (entry.header.type === 'file') {
      files.set(posix.normalize(`/${entry.header.name}`), Buffer.concat(chunks));
    }
  }
  return files;
}
