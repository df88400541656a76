import * as oauth from 'oauth4webapi';
import { isSecure } from '../options/upstream-auth.schema.js';
import type { UpstreamAuth } from '../options/upstream-auth.schema.js';
import { fetchBounded } from './fetch-bounded.js';
import type { SecretSource } from './secret-source.js';
import type { IssuedToken } from './token-cache.js';
import { tokenFailure } from './token-failure.js';

const GRANTS = {
  client_credentials: 'client_credentials',
  token_exchange: 'urn:ietf:params:oauth:grant-type:token-exchange',
} as const;
/** The code in the log when the metadata name a token endpoint without TLS. */
const INSECURE = 'TOKEN_ENDPOINT_WITHOUT_TLS';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

/**
 * Requests tokens of an authorization server.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749#section-4.4 | RFC 6749, 4.4: client credentials}
 * @see {@link https://www.rfc-editor.org/rfc/rfc8693 | RFC 8693: token exchange}
 */
export class TokenEndpoint {
  private metadata: oauth.AuthorizationServer | undefined;

  constructor(
    private readonly auth: UpstreamAuth,
    private readonly secret: SecretSource,
  ) {}

  /**
   * Requests a token.
   *
   * @param subjectToken - the user's token, for a token exchange
   * @throws Error whose message names the OAuth error code, and holds no token
   */
  async request(subjectToken: string | undefined, ended: AbortSignal): Promise<IssuedToken> {
    const { auth } = this;
    const timeout = AbortSignal.timeout(auth.timeout);
    // The options were checked at the start, and `server` checks the metadata: each URL is https, on loopback, or allowed.
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so to stand out, not to go away
    const insecure = { [oauth.allowInsecureRequests]: true };
    const signal = AbortSignal.any([ended, timeout]);
    const options = { signal, ...insecure, [oauth.customFetch]: fetchBounded };
    const client = { client_id: auth.clientId };
    try {
      const server = await this.server(options);
      const response = await oauth.genericTokenEndpointRequest(
        server,
        client,
        await this.clientAuth(),
        GRANTS[auth.type],
        parametersOf(auth, subjectToken),
        options,
      );
      const token = await oauth.processGenericTokenEndpointResponse(server, client, response);
      if (token.token_type !== 'bearer') throw new Error('the token is no bearer token');
      return { value: token.access_token, lifetime: token.expires_in };
    } catch (error) {
      // The next request reads the metadata again, because the token endpoint may have moved.
      this.metadata = undefined;
      throw await tokenFailure(error, timeout);
    }
  }

  private async server(options: oauth.DiscoveryRequestOptions): Promise<oauth.AuthorizationServer> {
    const { tokenEndpoint, issuer = tokenEndpoint ?? '' } = this.auth;
    if (tokenEndpoint !== undefined) return { issuer, token_endpoint: tokenEndpoint };
    this.metadata ??= await discover(new URL(issuer), options);
    const { token_endpoint: discovered = '' } = this.metadata;
    // A server behind a TLS terminator may name an http:// address, to which the secret must not go.
    if (!this.auth.allowInsecureRequests && URL.canParse(discovered) && !isSecure(discovered))
      throw Object.assign(new Error('insecure token endpoint'), { code: INSECURE });
    return this.metadata;
  }

  private async clientAuth(): Promise<oauth.ClientAuth> {
    const secret = await this.secret.read();
    if (this.auth.clientAuthMethod === 'client_secret_post') return oauth.ClientSecretPost(secret);
    // oauth4webapi's own function also encodes `-`, `_` and `.`, which authorization servers without decoding refuse.
    return (_server, { client_id: id }, _body, headers) => {
      const pair = [id, secret].map(formEncoded).join(':');
      headers.set('authorization', `Basic ${Buffer.from(pair).toString('base64')}`);
    };
  }
}

/** Encodes a text as `application/x-www-form-urlencoded` (RFC 6749, 2.3.1). */
const formEncoded = (text: string): string => new URLSearchParams({ '': text }).toString().slice(1);

async function discover(
  issuer: URL,
  options: oauth.DiscoveryRequestOptions,
): Promise<oauth.AuthorizationServer> {
  const oidc = await oauth.discoveryRequest(issuer, { ...options, algorithm: 'oidc' });
  if (oidc.status === 200) return oauth.processDiscoveryResponse(issuer, oidc);
  await oidc.body?.cancel();
  const response = await oauth.discoveryRequest(issuer, { ...options, algorithm: 'oauth2' });
  return oauth.processDiscoveryResponse(issuer, response);
}

function parametersOf(auth: UpstreamAuth, subjectToken: string | undefined): URLSearchParams {
  const { scope, resource = [], audience = [] } = auth;
  const parameters = new URLSearchParams();
  if (scope !== undefined) parameters.set('scope', scope);
  for (const value of resource) parameters.append('resource', value);
  for (const value of audience) parameters.append('audience', value);
  if (auth.type === 'token_exchange') {
    parameters.set('subject_token', subjectToken ?? '');
    parameters.set('subject_token_type', auth.subjectTokenType ?? ACCESS_TOKEN);
    if (auth.requestedTokenType !== undefined)
      parameters.set('requested_token_type', auth.requestedTokenType);
  }
  return parameters;
}
