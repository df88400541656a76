import type { OpaToken } from '../client/index.js';
import type { PolicyEngine } from '../contracts/index.js';
import type { OpaInputOptions } from '../input/index.js';
import type { OpaPoolOptions } from '../transport/index.js';

/** TLS to OPA; each of `ca`, `cert` and `key` is PEM text, or the path of a PEM file. */
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

/** Retries of failed calls. */
export interface OpaRetryOptions {
  /** Default: 1. */
  retries?: number;
  /** The shortest and longest pause, in milliseconds. Default: 25 and 250, full jitter. */
  minDelay?: number;
  maxDelay?: number;
}

/** When to stop asking an OPA that fails. */
export interface OpaCircuitBreakerOptions {
  /** The share of failures that opens it. Default: 0.5. */
  threshold?: number;
  /** Over this time, in milliseconds. Default: 10,000. */
  duration?: number;
  /** With at least so many calls in it. Default: 20. */
  minimumCalls?: number;
  /** One call is tried after this, in milliseconds. Default: 1,000. */
  halfOpenAfter?: number;
}

/** Decisions that are remembered. */
export interface OpaCacheOptions {
  /** How many, at the most. */
  max: number;
  /** How long an allow and a deny live, in milliseconds. */
  allowTtl: number;
  denyTtl: number;
  /** How long an outdated one may stand in while OPA isn't available, in milliseconds. Default: 0. */
  staleTtl?: number;
  /** Where they are kept. Default: in the process. */
  store?: object;
}

/** What {@link OpaModule.forRoot} takes; each option's default is in its own line. */
export interface OpaModuleOptions {
  /** Where OPA listens: `http://`, `https://` or `unix://`; a list is tried in order. Default: `http://127.0.0.1:8181`. */
  url?: string | readonly string[];
  /** A Wasm bundle, by file or http(s) URL: alone it is the engine, beside `url` the fallback. Default: none. */
  bundle?: string;
  /** An engine of your own, instead of `url` and `bundle`. */
  engine?: PolicyEngine;
  /** The policy path of handlers that name none. Default: none. */
  policy?: string;
  /** This client's bearer token for OPA. Default: none. */
  token?: OpaToken;
  tls?: OpaTlsOptions;
  /** The time for a whole decision, in milliseconds. Default: 1,000. */
  timeout?: number;
  pool?: OpaPoolOptions;
  retry?: false | OpaRetryOptions;
  circuitBreaker?: false | OpaCircuitBreakerOptions;
  /** What an unreachable or late OPA becomes. Default: `'deny'`; `'bundle'` when `url` and `bundle` are given. */
  onUnavailable?: 'deny' | 'allow' | 'stale' | 'bundle';
  /** `permissive` reports what it would have denied; `disabled` asks nothing and allows. Default: `'enforce'`. */
  mode?: 'enforce' | 'permissive' | 'disabled';
  /** Default: `false`. */
  cache?: false | OpaCacheOptions;
  /** Identical questions in flight share one call. Default: `false`. */
  coalesce?: boolean;
  input?: OpaInputOptions;
  /** Header names that only a policy may set; `x-authz-*` stands for all with that beginning. Default: none. */
  policyHeaders?: readonly string[];
  /** What becomes of a handler under the guard for which no policy is named. Default: `'deny'`. */
  unguarded?: 'deny' | 'allow';
  /** Report at start-up what is guarded. Default: `true`. */
  audit?: boolean;
  /** How many sockets to open at start-up. Default: `false`, none. */
  warmup?: false | number;
  /** Wait for OPA's `/health?bundles` before the application is ready, 30 seconds at the most. Default: `false`. */
  ready?: boolean;
  /** How long decisions under way may take at shutdown, in milliseconds. Default: 5,000. */
  shutdownTimeout?: number;
}
