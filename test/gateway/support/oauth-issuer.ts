import { startIssuer } from './tokens.js';
import { startServer } from './upstream.js';

/** An authorization server: it serves its metadata (RFC 8414), and gives a token for any code. */
export interface OAuthIssuer {
  readonly url: string;
  readonly jwksFile: string;
  /** The paths and bodies of the requests so far. */
  readonly requests: string[];
  close(): Promise<void>;
}

/** Starts an authorization server. The audience of a token is the `resource` of its request (RFC 8707). */
export async function startOAuthIssuer(): Promise<OAuthIssuer> {
  const keys = await startIssuer();
  const requests: string[] = [];
  const server = await startServer((request, response) => {
    void (async () => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      requests.push(`${request.url ?? ''} ${body}`.trim());
      response.setHeader('content-type', 'application/json');
      if (request.url === '/.well-known/oauth-authorization-server') {
        response.end(JSON.stringify(metadataOf(server.url)));
        return;
      }
      const aud = new URLSearchParams(body).get('resource');
      const token = await keys.sign({ iss: server.url, sub: 'ann', aud });
      response.end(JSON.stringify({ access_token: token, token_type: 'Bearer', expires_in: 3600 }));
    })();
  });
  const close = async (): Promise<void> => {
    await server.close();
    await keys.remove();
  };
  return { url: server.url, jwksFile: keys.jwksFile, requests, close };
}

const metadataOf = (issuer: string): object => ({
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  response_types_supported: ['code'],
  code_challenge_methods_supported: ['S256'],
  token_endpoint_auth_methods_supported: ['none'],
});
