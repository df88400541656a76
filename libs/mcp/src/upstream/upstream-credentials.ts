import type { IncomingHttpHeaders } from 'node:http';
import type { OpaTlsOptions } from 'nestjs-opa';
import { comparableHeader, tlsSource } from 'nestjs-opa/internal';
import type { IdentitySource } from 'nestjs-opa/internal';
import type { UpstreamFields } from '../options/upstream-fields.js';
import { SecretSource } from './secret-source.js';
import { TokenCache } from './token-cache.js';
import type { AccessToken } from './token-cache.js';
import type { TokenEndpoint } from './token-endpoint.js';

/** A request that needs the credentials of its upstream. */
export interface CredentialRequest<Response> {
  /** The headers of the request. Those that an entry may set come from a policy. */
  readonly headers: IncomingHttpHeaders;
  /** The verified token of the user; `undefined` for an anonymous user. Only a token exchange uses the token. */
  readonly subjectToken?: string | undefined;
  /** Whether the request can be sent again, after the upstream refused its token. Default: `true`. */
  readonly isRepeatable?: boolean;
  /** Aborts the wait for a token. */
  readonly signal: AbortSignal;
  /** Sends the request with the credentials. */
  send(headers: IncomingHttpHeaders): Promise<Response>;
  statusOf(response: Response): number;
  /** Discards a response, because the request is sent again. */
  discard(response: Response): Promise<void>;
}

/** Thrown when a token exchange needs the token of a user, and the request has none. */
export class UserTokenMissingError extends Error {
  constructor() {
    super('This server needs a user token. Send "Authorization: Bearer …".');
  }
}

/** The gateway's own credentials for one upstream: the options `headers`, `tls` and `auth` of an entry. */
export class UpstreamCredentials {
  /** The TLS identity of the entry; `undefined` without option `tls`. */
  readonly tls: IdentitySource | undefined;
  private readonly sources: ReadonlyMap<string, SecretSource>;
  private readonly tokens: TokenCache | undefined;

  /**
   * @param context - the context of log lines about the entry's files
   * @throws OpaError `OPA_BAD_OPTIONS` when a file can't be read, or holds no usable value
   */
  constructor(
    private readonly entry: UpstreamFields & { readonly name: string },
    context: string,
  ) {
    const { name, headers = {}, tls, auth } = entry;
    const owner = `The entry "${name}"`;
    // The schema gives absent members as `undefined`, which `exactOptionalPropertyTypes` tells from absent members.
    this.tls = tlsSource(tls as OpaTlsOptions | undefined, owner, context);
    this.sources = new Map(
      Object.entries(headers).map(([header, secret]) => [
        header,
        new SecretSource(secret, `${owner}, option "headers.${header}"`, context),
      ]),
    );
    if (auth === undefined) return;
    const secret = new SecretSource(auth.clientSecret, `${owner}, option "auth.clientSecret"`, context);
    let endpoint: Promise<TokenEndpoint> | undefined;
    this.tokens = new TokenCache(async (subjectToken, signal) =>
      (await (endpoint ??= openTokenEndpoint(auth, secret))).request(subjectToken, signal),
    );
  }

  /**
   * The names of the client's headers that the gateway removes before a policy sees the request. The client's
   * `Authorization` is for the gateway itself, and never reaches an upstream with a credential of its own.
   */
  get removedHeaders(): readonly string[] {
    return [...this.sources.keys()].filter((name) => comparableHeader(name) !== 'authorization');
  }

  /** The headers of a response that the client must not receive: an upstream may repeat the headers of its request. */
  get hiddenHeaders(): readonly string[] {
    return [...this.sources.keys(), ...(this.tokens === undefined ? [] : ['authorization'])];
  }

  private get needsUser(): boolean {
    return this.entry.auth?.type === 'token_exchange';
  }

  /**
   * Sends a request with the credentials. A header that the request already has stays. When the upstream refuses a token
   * of option `auth` with 401, the gateway gets a new token and sends the request once more.
   *
   * @throws UserTokenMissingError when a token exchange has no token to exchange; Error when the authorization server
   * gives no token, with a message that holds no secret
   */
  async send<Response>(request: CredentialRequest<Response>): Promise<Response> {
    const headers = await this.addTo(request.headers);
    const hasAuthorization = Object.keys(headers).some((name) => comparableHeader(name) === 'authorization');
    if (this.tokens === undefined || hasAuthorization) return request.send(headers);
    if (this.needsUser && request.subjectToken === undefined) throw new UserTokenMissingError();
    const subjectToken = this.needsUser ? request.subjectToken : undefined;
    const token = await this.tokens.get(subjectToken, request.signal);
    const response = await sendWith(token, headers, request);
    if (request.statusOf(response) !== 401) return response;
    const renewed = await this.renewAfter(response, token, subjectToken, this.tokens, request);
    if (renewed === undefined) return response;
    await request.discard(response);
    return sendWith(renewed, headers, request);
  }

  private async addTo(requestHeaders: IncomingHttpHeaders): Promise<IncomingHttpHeaders> {
    const headers = { ...requestHeaders };
    const present = new Set(Object.keys(headers).map(comparableHeader));
    for (const [name, source] of this.sources) {
      if (!present.has(comparableHeader(name))) headers[name] = await source.read();
    }
    return headers;
  }

  private async renewAfter<Response>(
    response: Response,
    token: AccessToken,
    subjectToken: string | undefined,
    tokens: TokenCache,
    request: CredentialRequest<Response>,
  ): Promise<AccessToken | undefined> {
    const { isRepeatable = true, signal } = request;
    try {
      const renewed = await tokens.renew(token, subjectToken, signal);
      return isRepeatable ? renewed : undefined;
    } catch (error) {
      // Only the next request needs the new token.
      if (!isRepeatable) return undefined;
      await request.discard(response);
      throw error;
    }
  }
}

/**
 * Loads the OAuth library with the first token request. The library is an ES module alone, which Jest can't load into
 * CommonJS tests. So only the tests that request tokens need it.
 */
async function openTokenEndpoint(
  ...[auth, secret]: ConstructorParameters<typeof TokenEndpoint>
): Promise<TokenEndpoint> {
  const module = await import('./token-endpoint.js');
  return new module.TokenEndpoint(auth, secret);
}

async function sendWith<Response>(
  token: AccessToken,
  headers: IncomingHttpHeaders,
  request: CredentialRequest<Response>,
): Promise<Response> {
  const response = await request.send({ ...headers, authorization: `Bearer ${token.value}` });
  if (request.statusOf(response) !== 401) token.isAccepted = true;
  return response;
}
