import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { tempFolder } from './temp.js';

/** Writes a tar.gz of the given files, and gives its path. */
export async function writeArchive(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const tar = pack();
  for (const [name, content] of Object.entries(files)) tar.entry({ name }, Buffer.from(content));
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return writeBytes(gzipSync(Buffer.concat(chunks)));
}

/** Writes a file of its own, and gives its path. */
export async function writeBytes(bytes: Uint8Array): Promise<string> {
  const path = join(await tempFolder(), 'bundle.tar.gz');
  await writeFile(path, bytes);
  return path;
}

/** A Wasm module that exports nothing but the globals of an ABI version. */
export function wasmWithAbi(major: number, minor: number): Uint8Array {
  const name = (text: string): number[] => [text.length, ...Buffer.from(text)];
  const section = (id: number, body: number[]): number[] => [id, body.length, ...body];
  // i32, constant, i32.const …, end
  const globals = [2, 0x7f, 0, 0x41, major, 0x0b, 0x7f, 0, 0x41, minor, 0x0b];
  const exports = [2, ...name('opa_wasm_abi_version'), 3, 0, ...name('opa_wasm_abi_minor_version'), 3, 1];
  return Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...section(6, globals), ...section(7, exports)]);
}
