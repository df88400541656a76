import type { OpaErrorCode } from '../contracts/index.js';

/**
 * What a request to OPA is doing, in the order in which a request passes through the phases.
 *
 * - `credential`: waits for this client's own token or TLS files.
 * - `interceptors`: is in the axios interceptors of the pooled HttpService.
 * - `adapter`: is in an axios adapter that the application has set in place of the pool's.
 * - `queue`: waits for a socket.
 * - `connect`: has a socket whose connection is not established yet.
 * - `opa`: OPA has the request, or is receiving it.
 */
export type Phase = 'credential' | 'interceptors' | 'adapter' | 'queue' | 'connect' | 'opa';

/** The phases in their order. */
export const PHASES: readonly Phase[] = ['credential', 'interceptors', 'adapter', 'queue', 'connect', 'opa'];

type Limit = 'fairShare' | 'toleratedMs' | 'blockedMs' | 'graceMs' | 'shortestMs';

/** The limits that decide who is to blame. Times are in milliseconds. */
export const LIMITS: Readonly<Record<Limit, number>> = {
  /** OPA is to blame only when this share of the time remained for OPA. */
  fairShare: 1 / 2,
  /** How long the phases before OPA may take on a busy machine, however short the deadline is. Not for the queue. */
  toleratedMs: 100,
  /** A timer that is late by this much shows that the event loop was blocked. */
  blockedMs: 20,
  /** A caller of an exchange gives up this much after the deadline: first, the exchange must say who is to blame. */
  graceMs: 5,
  /** The shortest remaining time with which a request is still sent. */
  shortestMs: 1,
};

/** Where the time of a late request went. */
export interface PhaseTimes {
  /** The phase in which the deadline passed. */
  readonly phase: Phase;
  /** How long the request was in each phase, in milliseconds. */
  readonly spent: Readonly<Record<Phase, number>>;
}

/** The error of a late request: its code, and the end of a sentence that begins with the name of the server. */
export interface Verdict {
  readonly code: OpaErrorCode;
  readonly text: string;
}

const NO_RESPONSE: Verdict = {
  code: 'OPA_TIMEOUT',
  text: "did not answer before the decision's deadline",
};
const BLOCKED: Verdict = {
  code: 'OPA_OVERLOADED',
  text: "gave no answer in time: the event loop of this process was blocked until after the decision's deadline",
};

const requestedLate = (code: OpaErrorCode, why: string): Verdict => ({
  code,
  text: `was asked too late: ${why} took more than half of the decision's time`,
});

interface Row {
  /** The deadline passed in this phase. */
  readonly during: Verdict;
  /** The deadline passed in a later phase, and this phase left OPA less than its fair share. */
  readonly before: Verdict;
  /** The deadline passed in this phase, and the event loop was blocked. Default: as `during`. */
  readonly blocked?: Verdict;
  /** With this phase as the longest, the phases before OPA are not to blame for less than this, in milliseconds. */
  readonly toleratedMs: number;
}

/**
 * The table: who is to blame, by the phase and by whether the event loop was blocked.
 *
 * @remarks Only `OPA_TIMEOUT` lets a fallback replace the decision. So only time that OPA itself used leads to it:
 * a flood, a blocked event loop or a slow credential must never let a request pass.
 */
const TABLE: Readonly<Record<Phase, Row>> = {
  credential: {
    during: { code: 'OPA_UNAUTHORIZED', text: NO_RESPONSE.text },
    before: requestedLate('OPA_UNAUTHORIZED', 'the token or the TLS files (options "token" and "tls")'),
    toleratedMs: LIMITS.toleratedMs,
  },
  interceptors: {
    during: {
      code: 'OPA_BAD_INPUT',
      text: "could not be asked in time: interceptors of the OPA module's HttpService used up the decision's time",
    },
    before: requestedLate('OPA_BAD_INPUT', "interceptors of the OPA module's HttpService"),
    toleratedMs: LIMITS.toleratedMs,
  },
  // The application's own adapter counts as OPA until the adapter passes the request to the pool.
  adapter: {
    during: NO_RESPONSE,
    before: requestedLate('OPA_BAD_INPUT', "the adapter of the OPA module's HttpService"),
    toleratedMs: LIMITS.toleratedMs,
  },
  queue: {
    during: {
      code: 'OPA_OVERLOADED',
      text: "was not asked: no socket became free before the decision's deadline",
    },
    before: requestedLate('OPA_OVERLOADED', 'the wait for a free socket'),
    toleratedMs: 0,
  },
  connect: {
    during: NO_RESPONSE,
    before: requestedLate('OPA_OVERLOADED', 'the connection'),
    blocked: BLOCKED,
    toleratedMs: LIMITS.toleratedMs,
  },
  opa: { during: NO_RESPONSE, before: NO_RESPONSE, blocked: BLOCKED, toleratedMs: Infinity },
};

/**
 * Says who is to blame for a request that is late.
 *
 * @param times - where its time went
 * @param blocked - the event loop was blocked, and what the request waited for may have come meanwhile
 */
export function blame({ phase, spent }: PhaseTimes, blocked: boolean): Verdict {
  const { during, blocked: ofBlocked = during } = TABLE[phase];
  if (blocked) return ofBlocked;
  if (phase !== 'connect' && phase !== 'opa') return during;
  const earlier = PHASES.slice(0, PHASES.indexOf(phase));
  const before = earlier.reduce((sum, name) => sum + spent[name], 0);
  const total = PHASES.reduce((sum, name) => sum + spent[name], 0);
  const longest = earlier.reduce((first, second) => (spent[second] > spent[first] ? second : first));
  const tolerated = Math.max(total * (1 - LIMITS.fairShare), TABLE[longest].toleratedMs);
  return before > tolerated ? TABLE[longest].before : during;
}

/**
 * Tells whether the event loop was blocked, by a timer that has just run.
 *
 * @param due - when the timer was due, as `performance.now()` gives it
 */
export function wasBlocked(due: number, now = performance.now()): boolean {
  return now - due >= LIMITS.blockedMs;
}
