import type { ResultEdit } from '../contexts/index.js';

/** A handler's result: the view for the response policy, and the result for the client after the decision. */
export interface ResponseBody {
  /** The policy's view of the body: the JSON document, the text, or Base64 of other bytes. */
  readonly visible: unknown;
  /** `base64` when the body isn't text. */
  readonly encoding: 'base64' | undefined;
  /** Whether the client gets other content than the handler returned. */
  readonly isChanged: boolean;
  /**
   * Applies the edits. An empty body stays empty.
   *
   * @throws OpaError `OPA_BAD_DECISION` when the body isn't JSON, because the library must not skip a mask. The same
   * error when the body holds a number that would change when the library serializes the body again
   */
  change(edits: readonly ResultEdit[]): void;
  /** The result that the interceptor returns to Nest. */
  result(): unknown;
}
