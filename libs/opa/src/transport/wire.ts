import type { IncomingHttpHeaders } from 'node:http';
import type { PhaseClock } from './phase-clock.js';

/** A TLS identity for one request; `ca`, `cert` and `key` in PEM. */
export interface TlsIdentity {
  readonly ca?: string | Buffer | undefined;
  readonly cert?: string | Buffer | undefined;
  readonly key?: string | Buffer | undefined;
  readonly servername?: string | undefined;
}

/** A request as it goes on the wire. */
export interface WireRequest {
  readonly method: 'GET' | 'POST';
  /** The whole path and query, already encoded. */
  readonly path: string;
  /** Names and values in turn, as Node takes them without looking them over; `Host` and lengths are added. */
  readonly headers: readonly string[];
  readonly body?: string | undefined;
  readonly tls?: TlsIdentity | undefined;
  /** The bounds of the request, and where its time goes. */
  readonly clock: PhaseClock;
}

/** An answer as it came from the wire. */
export interface WireAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** An answer; `body` is text, or the parsed document when it came through axios. */
export type HttpAnswer = Omit<WireAnswer, 'body' | 'headers'> & {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: unknown;
};
