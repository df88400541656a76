import { hasDuplicateKey, hasUnsafeNumber, OpaError } from '../contracts/index.js';
import type { ResultEdit } from '../contexts/index.js';
import { edited } from '../enforcement/index.js';
import type { ResponseBody } from './response-body.js';

/** A content type of JSON, such as `application/json` or `application/problem+json`. */
export const JSON_TYPE = /^[^;,]*[/+]json\s*([;,]|$)/i;

/** What is known of written content, and how the adapter is given it. */
export interface Written {
  /** Its content type; `undefined` when none was set. */
  readonly type: string | undefined;
  /** Whether it is JSON, whatever its type says: the library wrote it. */
  readonly isJson?: boolean;
  /** Makes the result that leaves with this content. */
  readonly send: (content: string | Buffer) => unknown;
  /** Makes the result that leaves with a document that was edited. Default: sends it as JSON. */
  readonly sendDocument?: (document: unknown) => unknown;
}

/** A result that is text or bytes already: what the policy sees is what leaves. */
export class WrittenBody implements ResponseBody {
  readonly visible: unknown;
  readonly encoding: 'base64' | undefined;
  private readonly isJson: boolean;
  private readonly text: string | undefined;
  private document: unknown;
  private changed = false;

  /** @throws OpaError `OPA_BAD_ANSWER` when it is declared as JSON, and can't be read as JSON */
  constructor(
    private readonly content: string | Buffer,
    private readonly written: Written,
  ) {
    this.text = textOf(content);
    const isDeclared = JSON_TYPE.test(written.type ?? '');
    const json = isDeclared || written.isJson === true ? parsed(this.text) : undefined;
    // Readers differ in which of two equal keys they take: the client gets the one that the policy sees.
    const isAmbiguous = json !== undefined && hasDuplicateKey(this.text ?? '');
    // JSON that can't be written again: the policy sees the text, and can't have it masked.
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
        'An obligation masks a response with a number beyond 2^53 - 1, which would not stay the same: send it as text.',
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

/** The text of content; `undefined` for bytes that are no UTF-8. */
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
    // Said below: the parser's own message quotes the text.
  }
  throw new OpaError(
    'OPA_BAD_ANSWER',
    'A response is declared as JSON and is none in UTF-8: no policy can be asked about it. Send JSON, or another Content-Type.',
  );
}
