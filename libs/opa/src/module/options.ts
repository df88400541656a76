import type { Type } from '@nestjs/common';
import type { OpaToken } from '../client/index.js';
import type { PolicyEngine } from '../contracts/index.js';
import type { OpaInputOptions } from '../input/index.js';
import type { OpaCacheOptions, OpaCircuitBreakerOptions, OpaRetryOptions } from '../resilience/index.js';
import type { OpaPoolOptions } from '../transport/index.js';

/**
 * TLS to OPA. `ca`, `cert` and `key` are each PEM text or the path of a PEM file. The module reads a file again when the
 * file changes.
 */
export interface OpaTlsOptions {
  /** The certificate authorities that may sign OPA's certificate. Default: the authorities that Node trusts. */
  ca?: string | Buffer;
  /** The client certificate for mutual TLS. */
  cert?: string | Buffer;
  /** The private key of `cert`. */
  key?: string | Buffer;
  /** The name in OPA's certificate. Default: the host name of `url`. */
  servername?: string;
}

/**
 * The options of {@link OpaModule.forRoot}.
 *
 * @example
 * ```ts
 * import { Module } from '@nestjs/common';
 * import { OpaModule } from 'nestjs-opa';
 * import type { OpaModuleOptions } from 'nestjs-opa';
 *
 * const options: OpaModuleOptions = {
 *   url: 'http://127.0.0.1:8181',
 *   policy: 'orders/authz',
 *   timeout: 500,
 *   cache: { max: 10_000, allowTtl: 5_000, denyTtl: 1_000 },
 * };
 *
 * @Module({ imports: [OpaModule.forRoot(options)] })
 * export class AppModule {}
 * ```
 */
export interface OpaModuleOptions {
  /**
   * The address of OPA: `http://`, `https://` or `unix://`. With a list, the module asks the first healthy OPA in the
   * list. It checks the health of a failed OPA every second, and uses a recovered OPA again. Default:
   * `http://127.0.0.1:8181`.
   */
  url?: string | readonly string[];
  /**
   * The file path or http(s) URL of a plan bundle (`opa build -t plan`). Without `url` the bundle makes all decisions.
   * With `url` the bundle is the fallback. Default: none.
   */
  bundle?: string;
  /** Your implementation of {@link PolicyEngine}, instead of `url` and `bundle`. Default: none. */
  engine?: PolicyEngine;
  /** The policy path for handlers without a policy. Default: none. */
  policy?: string;
  /** The bearer token for OPA: a text, `{ file }`, or a function that returns the token. Default: none. */
  token?: OpaToken;
  /** TLS to OPA. Default: the authorities that Node trusts, and no client certificate. */
  tls?: OpaTlsOptions;
  /** The timeout of a whole decision, with all retries, in milliseconds. Default: 1,000. */
  timeout?: number;
  /** The limits of the socket pool to OPA. Each limit has a default. */
  pool?: OpaPoolOptions;
  /**
   * Retries after a failure to reach OPA. The budget of retries is 10 % of the decisions of the last 10 seconds, and at
   * least 10 retries. Default: one retry after 25 to 250 ms for a remote OPA; `false` for your `engine`.
   */
  retry?: false | OpaRetryOptions;
  /** A circuit breaker that stops queries to a failing OPA. Default: on for a remote OPA; off for your `engine`. */
  circuitBreaker?: false | OpaCircuitBreakerOptions;
  /**
   * The decision when OPA is unreachable or late. `'deny'` denies and `'allow'` allows. `'stale'` uses the cached
   * decision within its `staleTtl`. `'bundle'` asks the bundle. Default: `'bundle'` with both `url` and `bundle`;
   * otherwise `'deny'`.
   */
  onUnavailable?: 'deny' | 'allow' | 'stale' | 'bundle';
  /**
   * `'enforce'` denies what the policy denies. `'permissive'` lets these requests pass and reports them.
   * `'disabled'` never asks OPA and lets requests pass. Default: `'enforce'`.
   */
  mode?: 'enforce' | 'permissive' | 'disabled';
  /**
   * The cache of decisions. The key is the policy and the whole input. The default input holds `x-request-id` and
   * `traceparent`, which differ for each request. When clients send these headers, set an `input.shape` without them.
   * Default: `false`.
   */
  cache?: false | OpaCacheOptions;
  /** Whether identical queries in flight share a single request to OPA. Default: `false`. */
  coalesce?: boolean;
  /** Which parts of a request a policy sees. Default: shape `default`, without the body. */
  input?: OpaInputOptions;
  /**
   * The names of headers that only a policy may set. `x-authz-*` matches every name that begins with `x-authz-`. A `-`
   * also matches `_`, `.` and similar characters. Default: none.
   */
  policyHeaders?: readonly string[];
  /**
   * The metadata keys of the application's decorators for public handlers. The value `true` on a handler or class means
   * the same as `@OpaPublic()`. Default: none.
   */
  publicKeys?: readonly (string | symbol)[];
  /**
   * Guards that authenticate, for the start-up audit. The audit also recognizes guards by class names such as
   * `AuthGuard`. `false` turns the check of the guard order off. Default: none.
   */
  authentication?: false | readonly Type[];
  /** The decision for a handler that OpaGuard covers but that has no policy. Default: `'deny'`. */
  unguarded?: 'deny' | 'allow';
  /**
   * Whether the module logs at start-up which policy guards each handler (log level debug), and warns of handlers that
   * no OpaGuard covers. Default: `true`.
   */
  audit?: boolean;
  /**
   * Whether the module asks the engine at start-up if each policy exists. `true` stops the start when a policy is
   * missing; `'warn'` logs a warning. A remote OPA needs its compile API for this check. Default: `false`.
   */
  verifyPolicies?: boolean | 'warn';
  /**
   * `'global'` runs OpaInterceptor around all handlers, outside every other interceptor. The response policy then decides
   * the final result. Only the unnamed instance takes this option. Default: none; OpaInterceptor runs only on handlers
   * with `@UseInterceptors(OpaInterceptor)`.
   */
  interceptor?: 'global';
  /** The number of sockets that the module opens at start-up. Default: `false`, no sockets. */
  warmup?: false | number;
  /** Whether the start waits until OPA's `/health?bundles` succeeds, for at most 30 seconds. Default: `false`. */
  ready?: boolean;
  /** How long the shutdown waits for decisions in flight, in milliseconds. Default: 5,000. */
  shutdownTimeout?: number;
}
