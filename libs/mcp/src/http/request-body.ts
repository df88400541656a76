import type { IncomingMessage } from 'node:http';
import { INTERNAL_ERROR, INVALID_REQUEST, PARSE_ERROR } from '../protocol/parse.js';
import type { BodyAccount } from './body-budget.js';
import type { ClientRequest } from './client-request.js';
import type { LostBodies } from './lost-bodies.js';
import { GatewayError } from '../protocol/gateway-error.js';

/** The `Retry-After` of a 503 when the budget has no room, in seconds. */
const RETRY_AFTER_S = 1;
const JSON_TYPE = /^application\/json[ \t]*(;|$)/i;
const CHARSET = /;[ \t]*charset[ \t]*=[ \t]*"?([^";\s]*)/i;
// `utf8` is not a registered charset, but the Encoding Standard accepts it as a label of UTF-8.
const UTF8 = /^utf-?8$/i;

/** A request's body: the bytes for the upstream, and the same bytes as text. */
export interface Body {
  readonly bytes: Buffer;
  readonly text: string;
}

/** The limits for reading a body. */
export interface BodyBounds {
  /** The largest message, in bytes. */
  readonly max: number;
  /** The body's account in the budget of all bodies. */
  readonly account: BodyAccount;
  /** Logs that a body parser has consumed the bytes. */
  readonly lost: LostBodies;
}

/**
 * Reads a message's body.
 *
 * @throws GatewayError 415: the body isn't plain JSON; 413: the body is too large; 503: the budget has no room; 400:
 * the body isn't UTF-8 or ends early; 500: a parser has consumed the bytes
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
 * Gets the bytes of a body within its limits. When a parser has read the stream, Nest's `rawBody` holds the bytes. The
 * parsed body can't replace them: the upstream must receive the exact bytes whose value the policy saw.
 *
 * @throws GatewayError 500 when a parser has read the stream and Nest has not stored the bytes
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

/** Reads a body from the stream within its limits. */
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
  // The chunks are no longer needed, so their room returns to the budget before `dropRest` reads the rest of the body.
  account.close();
  return refusal;
}

// A client that still sends may not read the response. So the gateway first reads the rest of the body, up to 4 * max.
async function dropRest(request: IncomingMessage, max: number): Promise<void> {
  if (request.complete) return;
  let size = 0;
  await pieces(request, (chunk) => ((size += chunk.length) > 4 * max ? 'enough' : undefined));
}

/**
 * Calls `take` for each chunk of a body, until `take` returns a value or the body ends.
 *
 * @throws GatewayError 400 when the client closes the connection before the end of the body
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
    // Without a listener an error would end the process. Node also emits "close", and `onClose` rejects.
    request.on('error', () => undefined);
  });
}
