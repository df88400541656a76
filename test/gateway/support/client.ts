import { request } from 'node:http';
import type { Agent, IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';

/** A request, its path written to the wire as it is. */
export interface Sent {
  path: string;
  method?: string;
  token?: string;
  headers?: OutgoingHttpHeaders;
  body?: string | Buffer;
  agent?: Agent;
}

export interface HttpResponse {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** The body as JSON; fails on another one. */
  json(): unknown;
}

/** Sends one request, on a connection of its own unless an agent is given, and reads the whole answer. */
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

/** Sends one request, and gives the answer as soon as it begins. */
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
