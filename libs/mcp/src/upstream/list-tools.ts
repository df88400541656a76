import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { OpaError } from 'nestjs-opa';
import { isObject, parseServerMessage } from '../protocol/parse.js';
import type { McpCall } from '../protocol/call.js';
import { metaOf } from '../protocol/era.js';
import { LIST_TOOLS } from '../protocol/methods/index.js';
import { EventSplitter, KEEP_ALIVE } from '../protocol/event-stream.js';
import type { DeclaredNames } from '../protocol/declared-names.js';
import type { ListedTools } from '../protocol/listed-tools.js';
import type { McpServerEntry } from '../options/server.schema.js';
import type { SentWith, UpstreamClient, UpstreamResponse } from './upstream-client.js';

const MAX_PAGES = 100;
const TIMEOUT_MS = 10_000;

/** The server whose tools {@link listTools} requests. */
export interface ListedServer {
  readonly entry: Pick<McpServerEntry, 'name' | 'maxResultBytes'>;
  readonly upstream: UpstreamClient;
  readonly declaredNames: DeclaredNames;
  readonly listedTools: ListedTools;
  /** The headers that the gateway sent to the server with each call, and the caller's token. */
  readonly sentWith: WeakMap<McpCall, SentWith>;
}

/**
 * Requests the tools of an MCP server, with the session and the protocol version of a call.
 *
 * @throws OpaError `OPA_BAD_ANSWER` when the server doesn't list its tools
 */
export async function listTools(server: ListedServer, call: McpCall): Promise<readonly unknown[]> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const tools: unknown[] = [];
  let cursor: unknown;
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const result = await requestPage(server, call, cursor, signal);
    if (!isObject(result) || !Array.isArray(result['tools'])) break;
    tools.push(...(result['tools'] as unknown[]));
    cursor = result['nextCursor'];
    if (cursor !== undefined) continue;
    server.declaredNames.learn(LIST_TOOLS, { tools });
    server.listedTools.learn(call.caller, tools);
    return tools;
  }
  throw new OpaError('OPA_BAD_ANSWER', `The MCP server "${server.entry.name}" did not list its tools.`);
}

async function requestPage(
  server: ListedServer,
  call: McpCall,
  cursor: unknown,
  signal: AbortSignal,
): Promise<unknown> {
  const id = `gateway-${randomUUID()}`;
  const meta = metaOf(call.request);
  const params = {
    ...(cursor !== undefined && { cursor }),
    // The client's progress token must not appear in the gateway's request.
    ...(call.era === 'modern' && { _meta: { ...meta, progressToken: undefined } }),
  };
  const { headers, subjectToken }: SentWith = server.sentWith.get(call) ?? { headers: {} };
  const response = await server.upstream.send({
    method: 'POST',
    headers: headersFor(headers, call),
    subjectToken,
    body: JSON.stringify({ jsonrpc: '2.0', id, method: LIST_TOOLS, params }),
    signal,
  });
  for await (const text of messagesOf(server, response, signal)) {
    const message = parseServerMessage(text);
    if (message.kind !== 'response' || message.response.id !== id) continue;
    return 'result' in message.response ? message.response.result : undefined;
  }
  return undefined;
}

function headersFor(callHeaders: IncomingHttpHeaders, { era }: McpCall): IncomingHttpHeaders {
  const headers: IncomingHttpHeaders = {};
  for (const [name, value] of Object.entries(callHeaders)) {
    if (!/^mcp-(param-.*|name|method)$/.test(name)) headers[name] = value;
  }
  return {
    ...headers,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    ...(era === 'modern' && { 'mcp-method': LIST_TOOLS }),
  };
}

async function* messagesOf(
  server: ListedServer,
  response: UpstreamResponse,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const { maxResultBytes } = server.entry;
  if (!response.streams) {
    yield await server.upstream.read(response, maxResultBytes, signal);
    return;
  }
  const splitter = new EventSplitter(maxResultBytes);
  try {
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      for (const piece of splitter.push(chunk)) {
        const data = piece === KEEP_ALIVE ? undefined : piece.data;
        if (data !== undefined && data !== '') yield data;
      }
    }
  } finally {
    response.body.destroy();
  }
}
