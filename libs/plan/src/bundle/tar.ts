// This file exists because no library passed test/tar.spec.ts at an acceptable size:
// - nanotar 0.3.0 ignores the prefix of a ustar name and the checksum, and cuts pax paths at spaces and "=".
// - modern-tar 0.8.6 is ESM only. Jest's CommonJS on Node 20.19 cannot load it.
// - tar-stream 3.2 installs 7.8 MB. tar-stream 2.2 installs 12 more packages; its last release was in 2020.
// - tar 7.5 installs 3.9 MB, and unpacks gzip within gzip beyond the limit of bytes.
const BLOCK = 512;

/** The type flags of a tar header. */
const FILE = new Set(['0', '\0', '7']);
const PAX = 'x';
const GNU_LONG_NAME = 'L';

/** A file of a tar archive. `bytes` is a view into the archive, not a copy. */
export interface TarFile {
  readonly name: string;
  readonly bytes: Buffer;
}

/**
 * Reads the files of a tar archive: ustar, with long names as pax or GNU tar writes them. OPA writes ustar and pax.
 *
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_06
 * @throws Error when a header is wrong or the archive ends inside an entry
 */
export function* readTar(archive: Buffer): Generator<TarFile> {
  let longName: string | undefined;
  for (let at = 0; at < archive.length;) {
    const header = block(archive, at, BLOCK);
    at += BLOCK;
    if (header.every((byte) => byte === 0)) continue;
    checkSum(header);
    const size = numberIn(header, 124, 136);
    const bytes = block(archive, at, size);
    at += Math.ceil(size / BLOCK) * BLOCK;
    const type = String.fromCharCode(header[156] ?? 0);
    if (type === PAX) longName = paxPath(bytes) ?? longName;
    else if (type === GNU_LONG_NAME) longName = textIn(bytes, 0, bytes.length);
    else {
      if (FILE.has(type)) yield { name: longName ?? nameIn(header), bytes };
      longName = undefined;
    }
  }
}

function block(archive: Buffer, at: number, size: number): Buffer {
  if (at + size > archive.length) throw new Error('Unexpected end of data');
  return archive.subarray(at, at + size);
}

/** Reads text up to the first zero byte. */
function textIn(bytes: Buffer, start: number, end: number): string {
  const zero = bytes.indexOf(0, start);
  return bytes.toString('utf8', start, zero >= start && zero < end ? zero : end);
}

function nameIn(header: Buffer): string {
  const name = textIn(header, 0, 100);
  const isUstar = header.toString('latin1', 257, 263) === 'ustar\0';
  const prefix = isUstar ? textIn(header, 345, 500) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

/**
 * Reads a number of octal digits. Sizes in base-256 are refused: tar writes them from 8 GiB on, and no bundle is that
 * large.
 */
function numberIn(header: Buffer, start: number, end: number): number {
  const digits = textIn(header, start, end).trim();
  if (!/^[0-7]+$/.test(digits)) throw new Error('Invalid tar header: a number is not octal');
  return Number.parseInt(digits, 8);
}

/**
 * Checks the header's checksum: the sum of all header bytes, in which the eight bytes of the checksum field count as
 * spaces.
 */
function checkSum(header: Buffer): void {
  const spaces = 8 * 0x20;
  const sum = header.reduce((total, byte, at) => (at >= 148 && at < 156 ? total : total + byte), spaces);
  if (sum !== numberIn(header, 148, 156)) throw new Error('Invalid tar header: wrong checksum');
}

/** Finds the path in pax records. A record is `length key=value\n`; `length` counts all bytes of the record. */
function paxPath(records: Buffer): string | undefined {
  let path: string | undefined;
  for (let at = 0; at < records.length;) {
    const space = records.indexOf(0x20, at);
    const length = Number(records.toString('latin1', at, Math.max(at, space)));
    if (!Number.isSafeInteger(length) || length <= space - at || at + length > records.length) {
      throw new Error('Invalid tar header: wrong pax record');
    }
    const record = records.toString('utf8', space + 1, at + length - 1);
    if (record.startsWith('path=')) path = record.slice('path='.length);
    at += length;
  }
  return path;
}
