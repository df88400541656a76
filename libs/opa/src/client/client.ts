import { LRUCache } from 'lru-cache';
import type { EngineAnswer, EvaluateOptions, MaybePromise, Query } from '../contracts/index.js';
import { assertPolicyPath, OpaError, promiseTry, snapshotOf } from '../contracts/index.js';
import type { HttpResponse, Pool, TlsIdentity, Transport, WireRequest } from '../transport/index.js';
import { PhaseClock } from '../transport/index.js';
import { readDataResponse } from './data-response.js';
import { credential } from './credential.js';
import type { TokenSource } from './token.js';
import { traced } from './traced.js';
import { authorization } from './token.js';

/** What OPA returns beside the document. */
export interface DataOptions extends EvaluateOptions {
  /** Return `provenance`: OPA's version, the bundles and their revisions. Default: `false`. */
  readonly provenance?: boolean;
  /** Return `metrics`: how long OPA took for each step. Default: `false`. */
  readonly metrics?: boolean;
}

/** What a health check includes. */
export interface HealthOptions extends EvaluateOptions {
  /** Wait for the first activation of every bundle. Default: `false`. */
  readonly bundles?: boolean;
  /** Include the state of every plugin. Default: `false`. */
  readonly plugins?: boolean;
}

/** The TLS identity, or a function that returns the identity for the next request. */
export type IdentitySource = TlsIdentity | (() => MaybePromise<TlsIdentity>);

/** The credential with which this client authenticates to OPA. */
export interface ClientIdentity {
  readonly token?: TokenSource | undefined;
  readonly tls?: IdentitySource | undefined;
}

const TLS_FILES = { source: 'The files of option "tls"' };

const HEADERS = ['Accept', 'application/json'];
const JSON_HEADERS = [...HEADERS, 'Content-Type', 'application/json'];

// Most applications name a few policies in code. The bound is for callers who build paths.
const MAX_PATHS = 1_000;

/**
 * One OPA's REST API, over the pool.
 *
 * @see {@link https://www.openpolicyagent.org/docs/rest-api | OPA's REST API}
 * @example
 * ```ts
 * import { Injectable } from '@nestjs/common';
 * import { OpaClient } from 'nestjs-opa';
 *
 * @Injectable()
 * export class PolicyVersions {
 *   constructor(private readonly client: OpaClient) {}
 *
 *   async provenance(policy: string): Promise<unknown> {
 *     const options = { deadline: performance.now() + 1_000, provenance: true };
 *     return (await this.client.data({ policy, input: {} }, options)).provenance;
 *   }
 * }
 * ```
 */
export class OpaClient {
  private readonly paths = new LRUCache<string, string>({ max: MAX_PATHS });

  /** @internal Nest provides the client: inject `OpaClient`. */
  constructor(
    private readonly transport: Transport,
    private readonly pool: Pool,
    private readonly identity: ClientIdentity = {},
  ) {}

  /** OPA's address without credentials, for logs. */
  get url(): string {
    return this.pool.origin.url;
  }

  /**
   * Evaluates a policy: `POST /v1/data/{path}`.
   *
   * @returns the result of the engine; without `result` when the document is undefined
   * @throws OpaError every code but `OPA_CIRCUIT_OPEN`, `OPA_BAD_DECISION` and `OPA_BAD_BUNDLE`
   */
  data(query: Query, options: DataOptions): Promise<EngineAnswer> {
    return promiseTry(() => this.send(this.dataRequest(query, options)).then(this.read));
  }

  /**
   * Checks whether OPA is healthy: `GET /health`.
   *
   * @throws OpaError `OPA_UNREACHABLE` when OPA is not healthy or can't be reached
   */
  async health(options: HealthOptions): Promise<void> {
    const flags = [options.bundles === true && 'bundles', options.plugins === true && 'plugins'].filter(
      Boolean,
    );
    const path = `${this.pool.origin.basePath}/health${flags.length === 0 ? '' : `?${flags.join('&')}`}`;
    const { status } = await this.send({
      method: 'GET',
      path,
      headers: HEADERS,
      clock: new PhaseClock(options),
    });
    if (status === 200) return;
    throw new OpaError('OPA_UNREACHABLE', `OPA at ${this.url} is not healthy: /health answered ${status}.`, {
      status,
    });
  }

  /**
   * Checks whether a policy path can be defined for any input: `POST /v1/compile` with an unknown input.
   *
   * @returns `false` for a misspelt path, and for a rule that no input can make defined
   * @throws OpaError as {@link OpaClient.data}; `OPA_BAD_ANSWER` when OPA can't compile the path
   */
  async defines(policy: string, options: EvaluateOptions): Promise<boolean> {
    const path = `${this.pool.origin.basePath}/v1/compile`;
    const segments = assertPolicyPath(policy, 'policy').split('/');
    // With a value of `false` the bare path would not be defined.
    const query = `x = data${segments.map((segment) => `[${JSON.stringify(segment)}]`).join('')}`;
    const body = JSON.stringify({ query, unknowns: ['input'] });
    const clock = new PhaseClock(options);
    const response = await this.send({ method: 'POST', path, headers: JSON_HEADERS, body, clock });
    const { result } = readDataResponse(response, this.url);
    return typeof result === 'object' && result !== null && 'queries' in result;
  }

  private readonly read = (response: HttpResponse): EngineAnswer => readDataResponse(response, this.url);

  private dataRequest(query: Query, options: DataOptions): WireRequest {
    const flags = `${options.provenance === true ? '&provenance=true' : ''}${options.metrics === true ? '&metrics=true' : ''}`;
    const path = this.pathOf(query.policy) + (flags === '' ? '' : `?${flags.slice(1)}`);
    const { json } = snapshotOf(query);
    const body = json === '' ? '{}' : `{"input":${json}}`;
    return {
      method: 'POST',
      path,
      headers: JSON_HEADERS,
      body,
      clock: new PhaseClock(options),
      trace: options.trace,
    };
  }

  private send(request: WireRequest): Promise<HttpResponse> {
    const { token, tls } = this.identity;
    if (token === undefined && tls === undefined) return this.exchange(request);
    return this.sendAs(request, token, tls);
  }

  private async sendAs(
    request: WireRequest,
    token: TokenSource | undefined,
    source: IdentitySource | undefined,
  ): Promise<HttpResponse> {
    const { waits } = this.transport;
    const { clock } = request;
    const tls = typeof source === 'function' ? await credential(TLS_FILES, clock, waits, source) : source;
    const sendWith = (headers: readonly string[]): Promise<HttpResponse> =>
      this.exchange({ ...request, headers, tls, clock: clock.fork() });
    if (token === undefined) return sendWith(request.headers);
    const sendAs = (bearer: string): Promise<HttpResponse> =>
      sendWith([...request.headers, 'Authorization', bearer]);
    const bearer = await authorization(token, false, clock, waits);
    const response = await sendAs(bearer);
    if (response.status !== 401 || typeof token === 'string') return response;
    const renewed = await authorization(token, true, clock, waits);
    return renewed === bearer ? response : sendAs(renewed);
  }

  private exchange(request: WireRequest): Promise<HttpResponse> {
    return traced(this.url, request, (traceable) => this.transport.send(this.pool, traceable));
  }

  private pathOf(policy: string): string {
    let path = this.paths.get(policy);
    if (path === undefined) {
      const segments = assertPolicyPath(policy, 'policy').split('/').map(encodeURIComponent);
      path = `${this.pool.origin.basePath}/v1/data/${segments.join('/')}`;
      this.paths.set(policy, path);
    }
    return path;
  }
}
