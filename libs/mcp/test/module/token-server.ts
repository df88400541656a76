import type { ServerResponse } from 'node:http';
import { startServer } from '../../../../test/gateway/support/upstream.js';
import type { TestServer } from '../../../../test/gateway/support/upstream.js';

/** A token request as the server received it. */
export interface TokenRequest {
  readonly authorization: string | undefined;
  readonly form: Readonly<Record<string, string>>;
}

/** An authorization server with a token endpoint and metadata. */
export interface TokenServer extends TestServer {
  readonly requests: TokenRequest[];
  /** The tokens that an upstream accepts. */
  readonly valid: Set<string>;
  /** Sends a response instead of the next token. */
  next: ((response: ServerResponse) => void) | undefined;
  lifetime: unknown;
  /** The token endpoint in the metadata; `undefined` for the server's own. */
  endpoint: string | undefined;
}

/** Starts an authorization server, which issues the tokens `token-1`, `token-2` and so on. */
export async function startTokenServer(): Promise<TokenServer> {
  const state = {
    requests: [] as TokenRequest[],
    valid: new Set<string>(),
    next: undefined as TokenServer['next'],
    lifetime: 3600 as unknown,
    endpoint: undefined as string | undefined,
  };
  let issued = 0;
  const server = await startServer((request, response) => {
    void (async () => {
      const json = (body: object): void => {
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      };
      if (request.url?.startsWith('/.well-known/') === true) {
        json({ issuer: server.url, token_endpoint: state.endpoint ?? `${server.url}/token` });
        return;
      }
      let text = '';
      for await (const chunk of request) text += String(chunk);
      state.requests.push({
        authorization: request.headers.authorization,
        form: Object.fromEntries(new URLSearchParams(text)),
      });
      const { next } = state;
      state.next = undefined;
      if (next !== undefined) {
        next(response);
        return;
      }
      issued += 1;
      const token = `token-${issued}`;
      state.valid.add(token);
      json({ access_token: token, token_type: 'Bearer', expires_in: state.lifetime });
    })();
  });
  return Object.assign(state, server);
}
