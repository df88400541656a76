import { types } from 'node:util';
import { StreamableFile } from '@nestjs/common';
import type { HttpReply } from '../contexts/index.js';
import { buffered, fileLike } from './files.js';
import { contentTypeOf, sendText, writtenOnce } from './http-text.js';
import { LiveBody } from './live-body.js';
import type { ResponseBody } from './response-body.js';
import { rewriterOf } from './rewriter.js';
import { assertDecidable } from './visible.js';
import { WrittenBody } from './written-body.js';

/** Where a result goes. */
export interface Destination {
  /** The reply whose body the result is; `undefined` elsewhere than on HTTP, and for an event of a stream. */
  readonly reply: HttpReply | undefined;
  /** Whether nothing else works on the result before the adapter sends it. */
  readonly isFinal: boolean;
  /** Told what of the application changes an object after the decision. */
  readonly onRewriter: (rewriter: string) => void;
}

/**
 * Reads a result; a stream is buffered.
 *
 * @throws OpaError `OPA_BAD_ANSWER` when it is larger than the cap, of a kind that the policy can't be shown, or
 * declared as JSON without being JSON
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
  // Of bytes Express would write a JSON of its own.
  if (bytes !== undefined)
    return new WrittenBody(bytes, { type, send: (content) => fileOf(Buffer.from(content), type) });
  if (typeof result === 'string') {
    // Another interceptor may still wrap it in something that has to be written.
    const send = isFinal ? (text: string | Buffer) => sendText(reply, text) : String;
    return new WrittenBody(result, { type, send });
  }
  if (!isFinal) return new LiveBody(result);
  const rewriter = rewriterOf(reply);
  if (rewriter === undefined) return writtenOnce(result, reply);
  onRewriter(rewriter);
  return new LiveBody(result);
}

const fileOf = (bytes: Buffer, type: string | undefined): StreamableFile =>
  new StreamableFile(bytes, { type: type ?? 'application/octet-stream' });

/** A copy of what is binary, which nobody changes later. */
function bytesOf(result: unknown): Buffer | undefined {
  if (types.isAnyArrayBuffer(result)) return Buffer.from(new Uint8Array(result));
  if (!ArrayBuffer.isView(result)) return undefined;
  return Buffer.from(new Uint8Array(result.buffer, result.byteOffset, result.byteLength));
}
