import type { IncomingMessage } from 'node:http';
import { INTERNAL_ERROR, INVALID_REQUEST, PARSE_ERROR } from '../protocol/parse.js';
import type { BodyAccount } from './body-budget.js';
import type { ClientRequest } from './client-request.js';
import type { LostBodies } from './lost-bodies.js';
import { GatewayError } from '../protocol/gateway-error.js';

/** How long a client is asked to wait for room, in seconds. */
const RETRY_AFTER_S = 1;
const JSON_TYPE = /^application\/json[ \t]*(;|$)/i;
const CHARSET = /;[ \t]*charset[ \t]*=[ \t]*"?([^";\s]*)/i;
// The second is no registered name, but the Encoding Standard's for the same.
const UTF8 = /^utf-?8$/i;

/** A request's body: the bytes, which the upstream gets, and their text. */
export interface Body {
  readonly bytes: Buffer;
  readonly text: string;
}

/** How much is taken of a body. */
export interface BodyBounds {
  /** The largest message, in bytes. */
  readonly max: number;
  /** What the body takes of the room for all of them. */
  readonly account: BodyAccount;
  /** Told when the bytes are gone. */
  readonly lost: LostBodies;
}

/**
 * Reads a message's body.
 *
 * @throws GatewayError 415 when it isn't plain JSON, 413 when it is too large, 503 when too much of other bodies is in
 * memory, 400 when it isn't UTF-8 or breaks off
 */
export async function readBody({ raw, platform }: ClientRequest, bounds: BodyBounds): Promise<Body> {
  const { max } = bounds;
  const { 'content-type': type = '', 'content-encoding': encoding, 'content-length': length } = raw.headers;
  const refused = async (status: number, message: string): Promise<GatewayError> => {
    await dropRest(raw, max);
    return new GatewayError(status, INVALID_REQUEST, message);
  };
  const charset = CHARSET.exec(type)?.[1] ?? 'utf-8';
  if (!JSON_TYPE.test(type) || !UTF8.test(charset)) {
    throw await refused(415, 'Content-Type must be application/json');
  }
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw await refused(415, 'The body must not be content-encoded');
  }
  const bytes = Number(length) > max ? 'too large' : await bytesOf(raw, platform.rawBody, bounds);
  if (bytes === 'too large') throw await refused(413, `The message is larger than ${max} bytes`);
  if (bytes === 'no room') {
    await dropRest(raw, max);
    const headers = { 'retry-after': String(RETRY_AFTER_S) };
    throw new GatewayError(503, INTERNAL_ERROR, 'Too many messages are arriving at once', undefined, headers);
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return { bytes, text };
  } catch {
    throw new GatewayError(400, PARSE_ERROR, 'The message is not UTF-8');
  }
}

/**
 * The bytes of a body within its bounds: of the stream, or what Nest stored of a stream that a parser has read. A parsed
 * body does not do: the upstream must get the bytes that the policy saw the value of.
 *
 * @throws GatewayError 500 when a parser has read the stream and nobody stored the bytes
 */
async function bytesOf(
  raw: IncomingMessage,
  rawBody: unknown,
  { max, account, lost }: BodyBounds,
): Promise<Buffer | 'too large' | 'no room'> {
  if (!raw.readableDidRead) return collect(raw, max, account);
  if (!Buffer.isBuffer(rawBody)) {
    lost.report();
    throw new GatewayError(500, INTERNAL_ERROR, 'The gateway cannot read the message');
  }
  if (rawBody.length > max) return 'too large';
  return account.take(rawBody) ? rawBody : 'no room';
}

/** Reads a body within its bounds. */
async function collect(
  request: IncomingMessage,
  max: number,
  account: BodyAccount,
): Promise<Buffer | 'too large' | 'no room'> {
  const chunks: Buffer[] = [];
  let size = 0;
  const refusal = await pieces(request, (chunk) => {
    size += chunk.length;
    if (size > max) return 'too large' as const;
    if (!account.take(chunk)) return 'no room' as const;
    chunks.push(chunk);
    return undefined;
  });
  if (refusal === undefined) return Buffer.concat(chunks);
  // What is left is read for some time yet, and dropped.
  account.close();
  return refusal;
}

// A client that is still sending may not read the answer: what is left of its body is read first, within reason.
async function dropRest(request: IncomingMessage, max: number): Promise<void> {
  if (request.complete) return;
  let size = 0;
  await pieces(request, (chunk) => ((size += chunk.length) > 4 * max ? 'enough' : undefined));
}

/**
 * Gives a body to `take`, piece by piece, until that returns something, or the body ends.
 *
 * @throws GatewayError 400 when the client goes away before
 */
function pieces<T>(request: IncomingMessage, take: (chunk: Buffer) => T | undefined): Promise<T | undefined> {
  const brokeOff = (): GatewayError => new GatewayError(400, PARSE_ERROR, 'The body broke off');
  return new Promise((resolve, reject) => {
    if (request.destroyed) {
      reject(brokeOff());
      return;
    }
    const onData = (chunk: Buffer): void => {
      const result = take(chunk);
      if (result !== undefined) end(() => resolve(result));
    };
    const onEnd = (): void => end(() => resolve(undefined));
    const onClose = (): void => end(() => reject(brokeOff()));
    const end = (settle: () => void): void => {
      request.off('data', onData).off('end', onEnd).off('close', onClose);
      settle();
    };
    request.on('data', onData).on('end', onEnd).on('close', onClose);
    // It is closed then, too.
    request.on('error', () => undefined);
  });
}
