import type { ServerResponse } from 'node:http';
import { OutgoingMessage } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import type { HttpReply } from './reply.js';
import { rawReply } from './reply.js';

type Headers = ReturnType<HttpReply['getHeaders']>;

/** Copies the headers that a reply has at this moment. */
export function headersOf(reply: HttpReply | undefined): Headers {
  // Fastify appends to the arrays that it returns.
  const headers = Object.entries(reply?.getHeaders() ?? {});
  return Object.fromEntries(
    headers.map(([name, value]) => [name, Array.isArray(value) ? [...value] : value]),
  );
}

/** Restores the earlier headers of a reply whose result is refused, so that no header of the handler is sent. */
export function revertHeaders(reply: HttpReply | undefined, before: Headers): void {
  if (reply === undefined) return;
  const current = reply.getHeaders();
  for (const [name, value] of Object.entries(current)) {
    const earlier = before[name];
    if (isDeepStrictEqual(earlier, value)) continue;
    reply.removeHeader(name);
    if (earlier !== undefined) reply.header(name, typeof earlier === 'number' ? String(earlier) : earlier);
  }
}

const COOKIE = 'set-cookie';

/**
 * Blocks every further cookie on a reply, and the handler's trailers and status text. Cookies that are already set stay.
 *
 * @remarks `@fastify/cookie` and session libraries set cookies of the handler only just before the headers are sent
 * (`onSend`, `on-headers`).
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

/** The private method in which Node writes the head of an HTTP/1 response. */
interface HeadWriter {
  _storeHeader?(firstLine: string, headers: unknown): void;
}

/**
 * Blocks cookies in the last step too.
 *
 * @remarks The package `cookies`, which `cookie-session` uses, calls `OutgoingMessage.prototype.setHeader` and so bypasses
 * the replaced method. It does so inside a `writeHead` that it replaced earlier.
 */
function sealHead(raw: HeadWriter & ServerResponse, cookies: Headers[string]): void {
  const storeHeader = raw._storeHeader?.bind(raw);
  if (storeHeader === undefined) return;
  const original = OutgoingMessage.prototype;
  raw._storeHeader = (firstLine, headers) => {
    if (raw.hasHeader(COOKIE)) original.removeHeader.call(raw, COOKIE);
    if (cookies !== undefined && raw.getHeaderNames().length > 0)
      original.setHeader.call(raw, COOKIE, cookies);
    storeHeader(firstLine, headers);
  };
}

const isCookie = (name: unknown): boolean => String(name).toLowerCase() === COOKIE;

/** Replaces the cookies in an argument of `writeHead`: an object of headers, or a list of names and values. */
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
