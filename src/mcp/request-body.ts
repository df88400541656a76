import type { IncomingMessage } from 'node:http';
import { INVALID_REQUEST, PARSE_ERROR } from 'nestjs-opa/mcp';
import { GatewayError } from './gateway-error.js';

const JSON_TYPE = /^application\/json[ \t]*(;|$)/i;
const CHARSET = /;[ \t]*charset[ \t]*=[ \t]*"?([^";\s]*)/i;
// The second is no registered name, but the Encoding Standard's for the same.
const UTF8 = /^utf-?8$/i;

/** A request's body: the bytes, which the upstream gets, and their text. */
export interface Body {
  readonly bytes: Buffer;
  readonly text: string;
}

/**
 * Reads a message's body.
 *
 * @throws GatewayError 415 when it isn't plain JSON, 413 when it is larger than `max` bytes, 400 when it isn't UTF-8
 */
export async function readBody(request: IncomingMessage, max: number): Promise<Body> {
  const {
    'content-type': type = '',
    'content-encoding': encoding,
    'content-length': length,
  } = request.headers;
  const charset = CHARSET.exec(type)?.[1] ?? 'utf-8';
  if (!JSON_TYPE.test(type) || !UTF8.test(charset)) {
    throw await refused(request, max, 415, 'Content-Type must be application/json');
  }
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw await refused(request, max, 415, 'The body must not be content-encoded');
  }
  const bytes = Number(length) > max ? undefined : await collect(request, max, true);
  if (bytes === undefined) throw await refused(request, max, 413, `The message is larger than ${max} bytes`);
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return { bytes, text };
  } catch {
    throw new GatewayError(400, PARSE_ERROR, 'The message is not UTF-8');
  }
}

/** Reads a body up to `max` bytes; gives `undefined` when there is more. */
function collect(request: IncomingMessage, max: number, keep: boolean): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > max) resolve(undefined);
      else if (keep) chunks.push(chunk);
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    request.on('error', reject);
    request.on('close', () => reject(new GatewayError(400, PARSE_ERROR, 'The body broke off')));
  });
}

// A client that is still sending may not read the answer: what is left of its body is read first, within reason.
async function refused(
  request: IncomingMessage,
  max: number,
  status: number,
  message: string,
): Promise<GatewayError> {
  if (!request.complete) await collect(request, 4 * max, false);
  return new GatewayError(status, INVALID_REQUEST, message);
}
