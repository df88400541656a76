import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import type { OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';

/** An MCP client that got its token from the issuer that the server's metadata name. */
export interface OAuthClient {
  readonly client: Client;
  /** The URL to which the client sent its user. */
  readonly authorizationUrl: URL;
}

/** Connects the official client without a token. The client finds the issuer by itself, and its user agrees. */
export async function connectWithOAuth(url: string, send: typeof fetch): Promise<OAuthClient> {
  let tokens: OAuthTokens | undefined;
  let verifier = '';
  let authorizationUrl: URL | undefined;
  const authProvider: OAuthClientProvider = {
    redirectUrl: 'http://127.0.0.1:1/callback',
    clientMetadata: { redirect_uris: ['http://127.0.0.1:1/callback'], token_endpoint_auth_method: 'none' },
    clientInformation: () => ({ client_id: 'test' }),
    tokens: () => tokens,
    saveTokens: (saved) => void (tokens = saved),
    redirectToAuthorization: (target) => void (authorizationUrl = target),
    saveCodeVerifier: (saved) => void (verifier = saved),
    codeVerifier: () => verifier,
  };
  const transport = () => new StreamableHTTPClientTransport(new URL(url), { authProvider, fetch: send });
  const first = transport();
  await new Client({ name: 'test', version: '1' }).connect(first).then(
    () => {
      throw new Error('The server needs no token.');
    },
    (error: unknown) => {
      if (authorizationUrl === undefined) throw error;
    },
  );
  await first.finishAuth('code');
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(transport());
  if (authorizationUrl === undefined) throw new Error('The client did not send its user to the issuer.');
  return { client, authorizationUrl };
}
