import type { ServerResponse } from 'node:http';
import { OutgoingMessage } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import type { HttpReply } from './reply.js';
import { rawReply } from './reply.js';

type Headers = ReturnType<HttpReply['getHeaders']>;

/** The headers of an answer before its handler runs. */
export function headersOf(reply: HttpReply | undefined): Headers {
  // Fastify goes on to fill the lists that it gives.
  const headers = Object.entries(reply?.getHeaders() ?? {});
  return Object.fromEntries(
    headers.map(([name, value]) => [name, Array.isArray(value) ? [...value] : value]),
  );
}

/** Takes back the headers that a handler has set on an answer whose result doesn't leave. */
export function takeBack(reply: HttpReply | undefined, before: Headers): void {
  if (reply === undefined) return;
  const current = reply.getHeaders();
  for (const [name, value] of Object.entries(current)) {
    const was = before[name];
    if (isDeepStrictEqual(was, value)) continue;
    reply.removeHeader(name);
    if (was !== undefined) reply.header(name, typeof was === 'number' ? String(was) : was);
  }
}

const COOKIE = 'set-cookie';

/**
 * Lets no cookie onto an answer but those that it has, and no trailer or status text of the handler's.
 *
 * @remarks `@fastify/cookie` and sessions add theirs when the headers are about to leave (`onSend`, `on-headers`), from
 * what the handler left with them.
 */
export function sealCookies(reply: HttpReply | undefined): void {
  if (reply === undefined) return;
  const raw = rawReply(reply) as unknown as ServerResponse;
  const cookies = reply.getHeaders()[COOKIE];
  const setHeader = raw.setHeader.bind(raw);
  const appendHeader = raw.appendHeader.bind(raw);
  const writeHead = raw.writeHead.bind(raw) as (...args: unknown[]) => ServerResponse;
  const sealed: Pick<ServerResponse, 'setHeader' | 'appendHeader' | 'addTrailers' | 'statusMessage'> = {
    setHeader: (name, value) => {
      if (!isCookie(name)) return setHeader(name, value);
      return cookies === undefined ? raw : setHeader(COOKIE, cookies);
    },
    appendHeader: (name, value) => (isCookie(name) ? raw : appendHeader(name, value)),
    addTrailers: () => undefined,
    statusMessage: '',
  };
  const write = (...args: unknown[]): ServerResponse =>
    writeHead(...args.map((arg) => withCookies(arg, cookies)));
  Object.assign(raw, sealed, { writeHead: write });
  sealHead(raw, cookies);
}

/** Where Node makes the head of an answer, on HTTP/1; it has no public name. */
interface HeadWriter {
  _storeHeader?(firstLine: string, headers: unknown): void;
}

/**
 * Seals the last step too: `cookies`, on which `cookie-session` is built, calls Node's own `setHeader` past the one of the
 * answer, within a `writeHead` that was replaced before.
 */
function sealHead(raw: HeadWriter & ServerResponse, cookies: Headers[string]): void {
  const storeHeader = raw._storeHeader?.bind(raw);
  if (storeHeader === undefined) return;
  const own = OutgoingMessage.prototype;
  raw._storeHeader = (firstLine, headers) => {
    if (raw.hasHeader(COOKIE)) own.removeHeader.call(raw, COOKIE);
    if (cookies !== undefined && raw.getHeaderNames().length > 0) own.setHeader.call(raw, COOKIE, cookies);
    storeHeader(firstLine, headers);
  };
}

const isCookie = (name: unknown): boolean => String(name).toLowerCase() === COOKIE;

/** The headers that `writeHead` is given, an object or a list of names and values, with these cookies alone. */
function withCookies(headers: unknown, cookies: Headers[string]): unknown {
  if (typeof headers !== 'object' || headers === null) return headers;
  if (!Array.isArray(headers)) {
    const others = Object.entries(headers).filter(([name]) => !isCookie(name));
    return Object.fromEntries(cookies === undefined ? others : [...others, [COOKIE, cookies]]);
  }
  const list = headers as unknown[];
  if (list.every(Array.isArray)) return list.filter((pair) => !isCookie((pair as unknown[])[0]));
  return list.filter((_item, index) => !isCookie(list[index - (index % 2)]));
}
