import { createReadStream } from 'node:fs';
import { get as httpGet } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { get as httpsGet } from 'node:https';
import { OpaError } from '../../contracts/index.js';

const DOWNLOAD_TIMEOUT_MS = 10_000;

/**
 * Reads the bytes of a bundle from a file or an http(s) URL.
 *
 * @param source - the path of the file, or the URL
 * @param maxBytes - the size of the largest bundle, in bytes
 * @throws OpaError `OPA_BAD_BUNDLE` when the bundle can't be read, or is too large
 */
export async function readSource(source: string, maxBytes: number): Promise<Buffer> {
  const url = asUrl(source);
  try {
    return await collect(url === undefined ? createReadStream(source) : await download(url), maxBytes);
  } catch (cause) {
    throw new OpaError(
      'OPA_BAD_BUNDLE',
      `The bundle ${sourceLabel(source)} can't be read: ${(cause as Error).message}. ` +
        'Give the path or http(s) URL of a bundle that "opa build -t plan" made.',
      { cause },
    );
  }
}

/** A source's name for messages: a URL without its credentials and query. */
export function sourceLabel(source: string): string {
  const url = asUrl(source);
  return url === undefined ? source : `${url.origin}${url.pathname}`;
}

function asUrl(source: string): URL | undefined {
  return /^https?:\/\//i.test(source) && URL.canParse(source) ? new URL(source) : undefined;
}

function download(url: URL): Promise<IncomingMessage> {
  const get = url.protocol === 'https:' ? httpsGet : httpGet;
  return new Promise((resolve, reject) => {
    // Without an agent, no socket stays open after the download.
    const options = { agent: false, signal: AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS) };
    get(url, options, (response) => {
      if (response.statusCode === 200) {
        resolve(response);
        return;
      }
      response.destroy();
      reject(new Error(`HTTP status ${response.statusCode ?? 'unknown'} instead of 200`));
    }).on('error', reject);
  });
}

async function collect(stream: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new Error(`it is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
