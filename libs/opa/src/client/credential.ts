import type { MaybePromise } from '../contracts/index.js';
import { isPromise, OpaError } from '../contracts/index.js';
import type { BoundedWaits, PhaseClock } from '../transport/index.js';

/** A part of this client's own credential. */
export interface CredentialPart {
  /** The option that gives the part, for messages. */
  readonly source: string;
  /** The HTTP status with which OPA refused the previous value. */
  readonly status?: number | undefined;
}

/**
 * Waits for a part of this client's own credential, at most until the decision's deadline. A missing credential says
 * nothing about OPA, so no fallback may replace the decision.
 *
 * @param read - starts to read the part
 * @throws OpaError `OPA_UNAUTHORIZED` when the source fails or is late; `OPA_ABORTED` or `OPA_CLOSED`
 */
export async function credential<T>(
  { source, status }: CredentialPart,
  clock: PhaseClock,
  waits: BoundedWaits,
  read: () => MaybePromise<T>,
): Promise<T> {
  const failed = (cause: unknown): never => {
    throw new OpaError('OPA_UNAUTHORIZED', `${source} failed.`, { status, cause });
  };
  let part: MaybePromise<T>;
  try {
    part = read();
  } catch (error) {
    return failed(error);
  }
  if (!isPromise(part)) return part;
  const pending = Promise.resolve(part).catch(failed);
  // When the deadline has passed already, no code handles a rejection of this promise.
  pending.catch(() => undefined);
  return waits.bounded(
    source,
    clock,
    () => pending,
    () => clock.late(source, { status }),
  );
}
