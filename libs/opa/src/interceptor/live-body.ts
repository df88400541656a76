import { OpaError } from '../contracts/index.js';
import type { ResultEdit } from '../contexts/index.js';
import { edited } from '../enforcement/index.js';
import { assertVisible } from './visible.js';
import type { ResponseBody } from './response-body.js';

/** A result that other code uses after the decision: an outer serializer, GraphQL's field resolvers or a transport. */
export class LiveBody implements ResponseBody {
  readonly encoding: 'base64' | undefined;
  private readonly text: string | undefined;
  private edits: readonly ResultEdit[] | undefined;

  constructor(private readonly original: unknown) {
    this.text = textOf(original);
    this.encoding = ArrayBuffer.isView(original) ? 'base64' : undefined;
  }

  /** @throws OpaError `OPA_BAD_ANSWER` when the result holds a value that JSON can't show to the policy */
  get visible(): unknown {
    assertVisible(this.original);
    if (isText(this.original)) return this.text;
    return this.text === undefined ? null : (JSON.parse(this.text) as unknown);
  }

  get isChanged(): boolean {
    return this.edits !== undefined;
  }

  change(edits: readonly ResultEdit[]): void {
    if (this.text === undefined) return;
    if (isText(this.original))
      throw new OpaError('OPA_BAD_DECISION', 'An obligation masks a response that is not JSON.');
    this.edits = edits;
  }

  result(): unknown {
    // No await follows this check, so the application can't change the result before the interceptor returns it.
    if (textOf(this.original) !== this.text) {
      throw new OpaError(
        'OPA_BAD_ANSWER',
        'The application changed a result during the evaluation of its response policy, so the policy has not seen the new value. Return a copy.',
      );
    }
    return this.edits === undefined ? this.original : edited(this.original, this.edits);
  }
}

const isText = (value: unknown): boolean => typeof value === 'string' || ArrayBuffer.isView(value);

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (ArrayBuffer.isView(value))
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  return JSON.stringify(value);
}
