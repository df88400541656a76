import type { IncomingMessage, ServerResponse } from 'node:http';
import { startServer } from '../../support/upstream.js';
import type { TestServer } from '../../support/upstream.js';

/** A request that the upstream has received. */
export interface UpstreamRequest {
  readonly method: string;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  /** The body as JSON. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a test knows what its own client has sent
  readonly message: Record<string, any>;
}

/** Responds to one request. */
export type Responder = (request: UpstreamRequest, response: ServerResponse) => unknown;

/** An upstream whose responses a test writes. */
export interface ScriptedServer extends TestServer {
  readonly requests: UpstreamRequest[];
  /** Responds to each request from now on. */
  respond: Responder;
}

/** Starts an upstream. It responds with an empty result until a test sets `respond`. */
export async function startScripted(): Promise<ScriptedServer> {
  const requests: UpstreamRequest[] = [];
  const script: { respond: Responder } = {
    respond: ({ message }, response) => reply(response, result(message, {})),
  };
  const server = await startServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const text = Buffer.concat(chunks).toString();
      const message = text === '' ? {} : (JSON.parse(text) as UpstreamRequest['message']);
      const received = { method: request.method ?? '', headers: request.headers, text, message };
      requests.push(received);
      script.respond(received, response);
    })();
  });
  return Object.defineProperty({ ...server, requests } as unknown as ScriptedServer, 'respond', {
    set: (responder: Responder) => (script.respond = responder),
  });
}

/** A JSON-RPC result to a request. */
export const result = ({ id }: UpstreamRequest['message'], value: unknown): object => ({
  jsonrpc: '2.0',
  id,
  result: value,
});

/** A tool's result to a request. */
export const textResult = (message: UpstreamRequest['message'], text: string): object =>
  result(message, { content: [{ type: 'text', text }] });

/** Sends a JSON response. */
export function reply(response: ServerResponse, body: unknown, status = 200, headers: object = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

/** Begins an event stream. */
export function stream(response: ServerResponse, headers: object = {}): ServerResponse {
  response.writeHead(200, { 'content-type': 'text/event-stream', ...headers }).flushHeaders();
  return response;
}

/** One event. */
export const event = (message: unknown, id?: string): string =>
  `${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(message)}\n\n`;
