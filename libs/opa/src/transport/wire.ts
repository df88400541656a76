import type { IncomingHttpHeaders } from 'node:http';
import type { EvaluationTrace } from '../contracts/index.js';
import type { PhaseClock } from './phase-clock.js';

/** A TLS identity for one request; `ca`, `cert` and `key` in PEM. */
export interface TlsIdentity {
  readonly ca?: string | Buffer | undefined;
  readonly cert?: string | Buffer | undefined;
  readonly key?: string | Buffer | undefined;
  readonly servername?: string | undefined;
}

/** A request to OPA. */
export interface WireRequest {
  readonly method: 'GET' | 'POST';
  /** The path and query, already encoded. */
  readonly path: string;
  /** Names and values in turn. The exchange adds `Host` and `Content-Length`. */
  readonly headers: readonly string[];
  readonly body?: string | undefined;
  readonly tls?: TlsIdentity | undefined;
  /** The deadline and signal of the request, and the clock of its phases. */
  readonly clock: PhaseClock;
  /** The trace that the request belongs to. */
  readonly trace?: EvaluationTrace | undefined;
  /** Calls Node's `http.request` in the async context of a tracer. Default: in the context of the caller. */
  readonly inContext?: (<T>(request: () => T) => T) | undefined;
}

/** A response of OPA. */
export interface WireResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A response; `body` is text, or the parsed document when the response came through axios. */
export type HttpResponse = Omit<WireResponse, 'body' | 'headers'> & {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: unknown;
};
