import { LRUCache } from 'lru-cache';
import type { McpPermit } from '../policy/enforcer.js';

const MAX_SESSIONS = 10_000;
const MAX_BYTES = 16 * 1024 * 1024;
/** The estimated memory of one entry beside its text. */
const ENTRY_BYTES = 256;

/** The part of a permit that changes the request to the upstream. It is plain JSON. */
export type SessionPermit = Pick<McpPermit, 'headers' | 'removeHeaders'>;

/**
 * Stores what the policy set on the latest allowed request of each session, and of each subject without a session. The
 * messages that no policy decides, such as notifications, have the same headers. A key is bound to subject and session.
 */
export class SessionPermits {
  private readonly permits = new LRUCache<string, SessionPermit>({
    max: MAX_SESSIONS,
    maxSize: MAX_BYTES,
    sizeCalculation: (permit) => JSON.stringify(permit).length + ENTRY_BYTES,
  });

  /** The permit of a session's latest allowed request; `{}` for an unknown or evicted session. */
  get(session: string): SessionPermit {
    return this.permits.get(session) ?? {};
  }

  set(session: string, { headers, removeHeaders }: McpPermit): void {
    this.permits.set(session, { headers, removeHeaders });
  }

  /** Forgets a session that has ended. */
  delete(session: string): void {
    this.permits.delete(session);
  }
}
