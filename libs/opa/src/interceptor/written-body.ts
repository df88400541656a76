import { hasDuplicateKey, hasUnsafeNumber, OpaError } from '../contracts/index.js';
import type { ResultEdit } from '../contexts/index.js';
import { edited } from '../enforcement/index.js';
import type { ResponseBody } from './response-body.js';

/** A content type of JSON, such as `application/json` or `application/problem+json`. */
export const JSON_TYPE = /^[^;,]*[/+]json\s*([;,]|$)/i;

/** Serialized content: its type, and how the adapter sends it. */
export interface Written {
  /** The content type of the reply; `undefined` when the handler set none. */
  readonly type: string | undefined;
  /** Whether the library serialized the content as JSON. Then the content type does not matter. */
  readonly isJson?: boolean;
  /** Makes the result that sends this content to the client. */
  readonly send: (content: string | Buffer) => unknown;
  /** Makes the result that sends an edited document to the client. Default: `send` with the document as JSON. */
  readonly sendDocument?: (document: unknown) => unknown;
}

/** A result that is already text or bytes. The client receives exactly the content that the policy sees. */
export class WrittenBody implements ResponseBody {
  readonly visible: unknown;
  readonly encoding: 'base64' | undefined;
  private readonly isJson: boolean;
  private readonly text: string | undefined;
  private document: unknown;
  private changed = false;

  /** @throws OpaError `OPA_BAD_ANSWER` when the content type is JSON, but the content can't be parsed as JSON */
  constructor(
    private readonly content: string | Buffer,
    private readonly written: Written,
  ) {
    this.text = textOf(content);
    const isDeclared = JSON_TYPE.test(written.type ?? '');
    const json = isDeclared || written.isJson === true ? parsed(this.text) : undefined;
    // JSON parsers differ in which of two equal keys they use. The client gets the key that the policy sees.
    const isAmbiguous = json !== undefined && hasDuplicateKey(this.text ?? '');
    // This JSON can't be serialized again without loss. The policy sees the text, and a mask of the text is an error.
    this.isJson = json !== undefined && !(isAmbiguous && hasUnsafeNumber(this.text ?? ''));
    this.encoding = this.text === undefined ? 'base64' : undefined;
    this.visible = this.isJson ? json : (this.text ?? (content as Buffer).toString('base64'));
    if (this.text === '') this.visible = null;
    this.document = this.visible;
    if (isAmbiguous && this.isJson) this.change([]);
  }

  get isChanged(): boolean {
    return this.changed;
  }

  change(edits: readonly ResultEdit[]): void {
    if (this.text === '') return;
    if (!this.isJson)
      throw new OpaError('OPA_BAD_DECISION', 'An obligation masks a response that is not JSON.');
    if (this.text !== undefined && hasUnsafeNumber(this.text)) {
      throw new OpaError(
        'OPA_BAD_DECISION',
        'An obligation masks a response that holds a number beyond 2^53 - 1, which JavaScript cannot keep exactly. Send the number as text.',
      );
    }
    this.document = edited(this.document, edits);
    this.changed = true;
  }

  result(): unknown {
    const { send, sendDocument = (document: unknown) => send(JSON.stringify(document)) } = this.written;
    return this.changed ? sendDocument(this.document) : send(this.content);
  }
}

/** The content as text; `undefined` for bytes that are not UTF-8. */
function textOf(content: string | Buffer): string | undefined {
  if (typeof content === 'string') return content;
  const text = content.toString('utf8');
  return Buffer.from(text).equals(content) ? text : undefined;
}

function parsed(text: string | undefined): unknown {
  if (text === '') return null;
  try {
    if (text !== undefined) return JSON.parse(text) as unknown;
  } catch {
    // The error below replaces the parser's message, which quotes the response.
  }
  throw new OpaError(
    'OPA_BAD_ANSWER',
    'The response has a JSON content type, but its body is not valid JSON in UTF-8, so no policy can evaluate it. Send JSON, or set another Content-Type.',
  );
}
