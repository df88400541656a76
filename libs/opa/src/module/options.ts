import type { Type } from '@nestjs/common';
import type { OpaToken } from '../client/index.js';
import type { PolicyEngine } from '../contracts/index.js';
import type { OpaInputOptions } from '../input/index.js';
import type { OpaCacheOptions, OpaCircuitBreakerOptions, OpaRetryOptions } from '../resilience/index.js';
import type { OpaPoolOptions } from '../transport/index.js';

/**
 * TLS to OPA; each of `ca`, `cert` and `key` is PEM text, or the path of a PEM file, which is read again when it
 * changes.
 */
export interface OpaTlsOptions {
  /** Who may have signed OPA's certificate. Default: the system's authorities. */
  ca?: string | Buffer;
  /** This client's certificate. */
  cert?: string | Buffer;
  /** The key of `cert`. */
  key?: string | Buffer;
  /** The name in OPA's certificate, when it isn't the address's. */
  servername?: string;
}

/** What {@link OpaModule.forRoot} takes; each option's default is in its own line. */
export interface OpaModuleOptions {
  /**
   * Where OPA listens: `http://`, `https://` or `unix://`. A list is tried in order; one that fails is set aside,
   * asked for its health every second, and taken back. Default: `http://127.0.0.1:8181`.
   */
  url?: string | readonly string[];
  /**
   * A plan bundle (`opa build -t plan`), by file or http(s) URL: alone it is the engine, beside `url` the fallback.
   * Default: none.
   */
  bundle?: string;
  /** An engine of your own, instead of `url` and `bundle`. */
  engine?: PolicyEngine;
  /** The policy path of handlers that name none. Default: none. */
  policy?: string;
  /** This client's bearer token for OPA: text, `{ file }`, or a function that gives it. Default: none. */
  token?: OpaToken;
  /** TLS to OPA. Default: the system's authorities, and no certificate of this client's. */
  tls?: OpaTlsOptions;
  /** The time for a whole decision, in milliseconds. Default: 1,000. */
  timeout?: number;
  /** Bounds of the pool of sockets to OPA; each has a default. */
  pool?: OpaPoolOptions;
  /**
   * Another try after a failure to reach OPA, within 10 % of the last 10 seconds' decisions, but never fewer than 10
   * retries in them. Default: one for a remote OPA, after 25 to 250 ms; none for an engine of your own.
   */
  retry?: false | OpaRetryOptions;
  /** Stops asking an OPA that fails. Default: on for a remote OPA; off for an engine of your own. */
  circuitBreaker?: false | OpaCircuitBreakerOptions;
  /**
   * What an unreachable or late OPA becomes: a denial, an allow, the last cached decision within its `staleTtl`, or
   * what the bundle decides. Default: `'deny'`; `'bundle'` when `url` and `bundle` are given.
   */
  onUnavailable?: 'deny' | 'allow' | 'stale' | 'bundle';
  /** `permissive` reports what it would have denied; `disabled` asks nothing and allows. Default: `'enforce'`. */
  mode?: 'enforce' | 'permissive' | 'disabled';
  /**
   * Decisions that are remembered, by policy and whole input: where clients send `x-request-id` or `traceparent`, which
   * the default input holds, give an `input.shape` of your own without them. Default: `false`.
   */
  cache?: false | OpaCacheOptions;
  /** Identical questions in flight share one call. Default: `false`. */
  coalesce?: boolean;
  /** What a policy sees of a request. Default: shape `default`, without the body. */
  input?: OpaInputOptions;
  /**
   * Header names that only a policy may set; `x-authz-*` stands for all with that beginning, and `-` for `_`, `.` and the like.
   * Default: none.
   */
  policyHeaders?: readonly string[];
  /**
   * The metadata keys of the application's own public markers: the value `true` on a handler or class stands for
   * `@OpaPublic()`. Default: none.
   */
  publicKeys?: readonly (string | symbol)[];
  /**
   * Guards that authenticate, for the start-up audit, beside those whose class names tell it; `false` leaves the order
   * of guards unchecked. Default: none.
   */
  authentication?: false | readonly Type[];
  /** What becomes of a handler under the guard for which no policy is named. Default: `'deny'`. */
  unguarded?: 'deny' | 'allow';
  /**
   * Report at start-up what is guarded by which policy (log level debug), and warn of handlers that no OpaGuard covers.
   * Default: `true`.
   */
  audit?: boolean;
  /**
   * Ask the engine at start-up whether each policy is there: `true` stops the start over a missing one, `'warn'`
   * warns. OPA's compile API is asked. Default: `false`.
   */
  verifyPolicies?: boolean | 'warn';
  /**
   * `'global'` runs OpaInterceptor around all handlers, outside every other interceptor, so that the response policy
   * decides what leaves. Of the unnamed instance alone. Default: none, it runs where `@UseInterceptors` names it.
   */
  interceptor?: 'global';
  /** How many sockets to open at start-up. Default: `false`, none. */
  warmup?: false | number;
  /** Wait for OPA's `/health?bundles` before the application is ready, 30 seconds at the most. Default: `false`. */
  ready?: boolean;
  /** How long decisions under way may take at shutdown, in milliseconds. Default: 5,000. */
  shutdownTimeout?: number;
}
