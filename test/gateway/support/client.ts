import { request } from 'node:http';
import type { Agent, IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';

/** A request. Its path is sent unchanged. */
export interface Sent {
  path: string;
  method?: string;
  token?: string;
  headers?: OutgoingHttpHeaders;
  body?: string | Buffer;
  agent?: Agent;
}

/** A response that a test has read to its end. */
export interface HttpResponse {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** The body as JSON. Throws when the body is not JSON. */
  json(): unknown;
}

/** Sends one request and reads the whole response. Without an agent, the request has its own connection. */
export async function send(port: number, sent: Sent): Promise<HttpResponse> {
  const message = await open(port, sent);
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return {
    status: message.statusCode ?? 0,
    headers: message.headers,
    text,
    json: () => JSON.parse(text) as unknown,
  };
}

/** Sends one request. Resolves when the response begins. */
export function open(
  port: number,
  { path, method = 'GET', token, headers, body, agent }: Sent,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const options = { host: '127.0.0.1', port, path, method, agent: agent ?? false };
    request({ ...options, headers: { ...authorization, ...headers } }, resolve)
      .on('error', reject)
      .end(body);
  });
}
