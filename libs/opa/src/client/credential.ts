import type { MaybePromise } from '../contracts/index.js';
import { isPromise, OpaError } from '../contracts/index.js';
import type { BoundedWaits, PhaseClock } from '../transport/index.js';

/** Who gives a part of this client's own credential. */
export interface CredentialPart {
  /** Names the option in messages. */
  readonly giver: string;
  /** The HTTP status with which OPA refused the last one. */
  readonly status?: number | undefined;
}

/**
 * Waits for a part of this client's own credential, at most until the decision's deadline. A missing credential says
 * nothing about OPA, so no fallback may stand in for the decision.
 *
 * @param give - starts to get the part
 * @throws OpaError `OPA_UNAUTHORIZED` when the giver fails or is late; `OPA_ABORTED` or `OPA_CLOSED`
 */
export async function credential<T>(
  { giver, status }: CredentialPart,
  clock: PhaseClock,
  waits: BoundedWaits,
  give: () => MaybePromise<T>,
): Promise<T> {
  const failed = (cause: unknown): never => {
    throw new OpaError('OPA_UNAUTHORIZED', `${giver} failed.`, { status, cause });
  };
  let part: MaybePromise<T>;
  try {
    part = give();
  } catch (error) {
    return failed(error);
  }
  if (!isPromise(part)) return part;
  const pending = Promise.resolve(part).catch(failed);
  // Nobody waits for it when the deadline has passed already.
  pending.catch(() => undefined);
  return waits.bounded(
    giver,
    clock,
    () => pending,
    () => clock.late(giver, { status }),
  );
}
