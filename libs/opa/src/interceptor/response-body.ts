import { Readable } from 'node:stream';
import { StreamableFile } from '@nestjs/common';
import { hasDuplicateKey, hasUnsafeNumber, OpaError } from '../contracts/index.js';

/** How much of a stream is buffered for a response policy, in bytes; a longer one is refused. */
export const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;

const JSON_TYPE = /^[^;,]*[/+]json\s*([;,]|$)/i;

/** A handler's result as a response policy sees it, and as it leaves once the policy has spoken. */
export class ResponseBody {
  private changed = false;

  private constructor(
    /** What the policy sees: the JSON document, the text, or Base64 of other bytes. */
    private json: unknown,
    /** `base64` when the body isn't text. */
    readonly encoding: 'base64' | undefined,
    private readonly isJson: boolean,
    private readonly original: unknown,
    private readonly file: StreamableFile | undefined,
    /** The text that it was read from, when it came as bytes. */
    private readonly text?: string,
  ) {}

  /**
   * Reads a result; a stream is buffered.
   *
   * @throws OpaError `OPA_BAD_ANSWER` when it is larger than the cap, or a stream of another kind
   */
  static async read(result: unknown, contentType: string | undefined): Promise<ResponseBody> {
    if (result instanceof StreamableFile) {
      const bytes = await buffered(result);
      const headers = result.getHeaders();
      const type = contentType ?? headers.type;
      return ResponseBody.ofBytes(bytes, type, fileOf(bytes, result));
    }
    if (isOtherStream(result)) {
      throw new OpaError(
        'OPA_BAD_ANSWER',
        'A result that is a stream can be decided as a StreamableFile only, or as the items of an Observable.',
      );
    }
    if (result instanceof Uint8Array) return ResponseBody.ofBytes(Buffer.from(result), contentType, result);
    if (typeof result === 'string') return new ResponseBody(result, undefined, false, result, undefined);
    // The policy sees what the client would get, not what stands behind it.
    const text = JSON.stringify(result) as string | undefined;
    if (text === undefined) return new ResponseBody(null, undefined, true, result, undefined, '');
    return new ResponseBody(JSON.parse(text), undefined, true, result, undefined);
  }

  private static ofBytes(bytes: Buffer, type: string | undefined, original: unknown): ResponseBody {
    const file = original instanceof StreamableFile ? original : undefined;
    const text = bytes.toString('utf8');
    if (text === '') return new ResponseBody(null, undefined, true, original, file, text);
    const isUtf8 = Buffer.from(text).equals(bytes);
    if (JSON_TYPE.test(type ?? '')) return ResponseBody.ofJson(isUtf8 ? text : '', original, file);
    if (isUtf8) return new ResponseBody(text, undefined, false, original, file);
    return new ResponseBody(bytes.toString('base64'), 'base64', false, original, file);
  }

  private static ofJson(text: string, original: unknown, file: StreamableFile | undefined): ResponseBody {
    const json = parsedJson(text);
    const body = new ResponseBody(json, undefined, true, original, file, text);
    // Readers differ in which of two equal keys they take: the client gets the one that the policy sees.
    if (!hasDuplicateKey(text)) return body;
    // JSON that can't be written again: the policy sees the text, and can't have it masked.
    if (hasUnsafeNumber(text)) return new ResponseBody(text, undefined, false, original, file);
    body.change((same) => same);
    return body;
  }

  /** What the policy sees. */
  get visible(): unknown {
    return this.json;
  }

  /** Whether an obligation has changed it. */
  get isChanged(): boolean {
    return this.changed;
  }

  /**
   * Makes the edits; where there is no body there is nothing to change.
   *
   * @throws OpaError `OPA_BAD_DECISION` when the body isn't JSON, for a mask must not be skipped; and when it holds a
   * number that would not be the same when it is written again
   */
  change(apply: (json: unknown) => unknown): void {
    if (this.text === '') return;
    if (!this.isJson)
      throw new OpaError('OPA_BAD_DECISION', 'An obligation masks a response that is not JSON.');
    if (this.text !== undefined && hasUnsafeNumber(this.text)) {
      throw new OpaError(
        'OPA_BAD_DECISION',
        'An obligation masks a response with a number beyond 2^53 - 1, which would not stay the same: send it as text.',
      );
    }
    // The policy's input holds the document as it was.
    if (!this.changed) this.json = structuredClone(this.json);
    this.json = apply(this.json);
    this.changed = true;
  }

  /** What leaves. */
  result(): unknown {
    if (!this.changed) return this.original;
    if (this.file === undefined) return this.json;
    return fileOf(Buffer.from(JSON.stringify(this.json)), this.file);
  }
}

// Clients differ in what they make of it (a byte-order mark, another charset): a policy would not see what they see.
function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Without the cause, whose message quotes the body.
    throw new OpaError(
      'OPA_BAD_ANSWER',
      'A response is declared as JSON and is none in UTF-8: no policy can be asked about it. Send JSON, or another Content-Type.',
    );
  }
}

// Nest 12 sends them as they come; as JSON they would look empty to the policy.
function isOtherStream(result: unknown): boolean {
  if (typeof result !== 'object' || result === null || 'then' in result) return false;
  return Symbol.asyncIterator in result || Object.prototype.toString.call(result) === '[object Response]';
}

function fileOf(bytes: Buffer, like: StreamableFile): StreamableFile {
  const { type, disposition, length } = like.getHeaders();
  const options = { type, ...(disposition !== undefined && { disposition }) };
  // An answer to HEAD has no body, and a length that isn't this one. Of bytes Nest tells the length.
  return bytes.length === 0 && length !== 0
    ? new StreamableFile(Readable.from([]), options)
    : new StreamableFile(bytes, options);
}

async function buffered(file: StreamableFile): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of file.getStream() as AsyncIterable<Buffer | string>) {
    const bytes = Buffer.from(chunk as Buffer);
    size += bytes.length;
    // Leaving the loop destroys the stream.
    if (size > MAX_BUFFERED_BYTES) {
      throw new OpaError(
        'OPA_BAD_ANSWER',
        `A response of more than ${MAX_BUFFERED_BYTES} bytes can't be decided.`,
      );
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}
