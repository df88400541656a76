import type { ResultEdit } from '../contexts/index.js';

/** A handler's result as a response policy sees it, and as it leaves once the policy has spoken. */
export interface ResponseBody {
  /** What the policy sees: the JSON document, the text, or Base64 of other bytes. */
  readonly visible: unknown;
  /** `base64` when the body isn't text. */
  readonly encoding: 'base64' | undefined;
  /** Whether it leaves with other content than the handler gave it. */
  readonly isChanged: boolean;
  /**
   * Makes the edits; where there is no body there is nothing to change.
   *
   * @throws OpaError `OPA_BAD_DECISION` when the body isn't JSON, for a mask must not be skipped; and when it holds a
   * number that would not be the same when it is written again
   */
  change(edits: readonly ResultEdit[]): void;
  /** What leaves. */
  result(): unknown;
}
