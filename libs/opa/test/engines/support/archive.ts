import { readFile, writeFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { text } from 'node:stream/consumers';
import { gunzipSync, gzipSync } from 'node:zlib';
import { extract, pack } from 'tar-stream';
import { tempFolder } from './temp.js';

/** Writes files into a tar.gz. Returns the path of the archive. */
export async function writeArchive(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const tar = pack();
  for (const [name, content] of Object.entries(files)) tar.entry({ name }, Buffer.from(content));
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return writeBytes(gzipSync(Buffer.concat(chunks)));
}

/** Writes bytes into a new file. Returns the path of the file. */
export async function writeBytes(bytes: Uint8Array): Promise<string> {
  const path = join(await tempFolder(), 'bundle.tar.gz');
  await writeFile(path, bytes);
  return path;
}

/** Reads the text of each file of a tar.gz, by the file's path with a leading slash. */
export async function readArchive(path: string): Promise<Record<string, string>> {
  const tar = extract();
  tar.end(gunzipSync(await readFile(path)));
  const files: Record<string, string> = {};
  for await (const entry of tar) files[posix.normalize(`/${entry.header.name}`)] = await text(entry);
  return files;
}
