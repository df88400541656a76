import { types } from 'node:util';
import { StreamableFile } from '@nestjs/common';
import type { HttpReply } from '../contexts/index.js';
import { buffered, fileLike } from './files.js';
import { contentTypeOf, sendText, serializedOnce } from './http-text.js';
import { LiveBody } from './live-body.js';
import type { ResponseBody } from './response-body.js';
import { rewriterOf } from './rewriter.js';
import { assertDecidable } from './visible.js';
import { WrittenBody } from './written-body.js';

/** The destination of a result. */
export interface Destination {
  /** The HTTP reply whose body is the result; `undefined` outside HTTP, and for an event of a stream. */
  readonly reply: HttpReply | undefined;
  /** Whether the adapter sends the result without any other interceptor. */
  readonly isFinal: boolean;
  /** Receives the name of the application's code that may change an object after the decision. */
  readonly onRewriter: (rewriter: string) => void;
}

/**
 * Reads a result. The function buffers a stream.
 *
 * @throws OpaError `OPA_BAD_ANSWER` for:
 *
 * - a stream above the limit,
 * - a result that JSON can't show to the policy,
 * - content that is not JSON although the content type is JSON.
 */
export async function readBody(
  result: unknown,
  { reply, isFinal, onRewriter }: Destination,
): Promise<ResponseBody> {
  assertDecidable(result);
  if (reply === undefined) return new LiveBody(result);
  const type = contentTypeOf(reply);
  if (result instanceof StreamableFile) {
    return new WrittenBody(await buffered(result), {
      type: type ?? result.getHeaders().type,
      send: (content) => fileLike(result, Buffer.from(content)),
    });
  }
  const bytes = bytesOf(result);
  // Express would serialize bytes as JSON.
  if (bytes !== undefined)
    return new WrittenBody(bytes, { type, send: (content) => fileOf(Buffer.from(content), type) });
  if (typeof result === 'string') {
    // Another interceptor may still wrap the text in an object, which the adapter must serialize.
    const send = isFinal ? (text: string | Buffer) => sendText(reply, text) : String;
    return new WrittenBody(result, { type, send });
  }
  if (!isFinal) return new LiveBody(result);
  const rewriter = rewriterOf(reply);
  if (rewriter === undefined) return serializedOnce(result, reply);
  onRewriter(rewriter);
  return new LiveBody(result);
}

const fileOf = (bytes: Buffer, type: string | undefined): StreamableFile =>
  new StreamableFile(bytes, { type: type ?? 'application/octet-stream' });

/** Copies a binary result, so that the application can't change the bytes later. `undefined` for other results. */
function bytesOf(result: unknown): Buffer | undefined {
  if (types.isAnyArrayBuffer(result)) return Buffer.from(new Uint8Array(result));
  if (!ArrayBuffer.isView(result)) return undefined;
  return Buffer.from(new Uint8Array(result.buffer, result.byteOffset, result.byteLength));
}
