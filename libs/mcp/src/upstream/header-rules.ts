import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { HeaderValues } from 'nestjs-opa';
import {
  allowedHeaders,
  applyToRequest,
  comparableHeader,
  matchesHeader,
  stripHeaders,
} from 'nestjs-opa/internal';
import type { McpPermit } from '../policy/enforcer.js';
import { isHopByHop, removeHopByHop } from './hop-by-hop.js';
import { removeUntrusted } from './untrusted-headers.js';

const PROTOCOL =
  /^(accept|accept-language|content-type|user-agent|mcp-[a-z0-9-]+|last-event-id|traceparent|tracestate|baggage|x-request-id)$/;
/** The headers that repeat what a message says. */
const MIRRORED = /^mcp-(method|name|param-.*)$/;
// They are the client's and the gateway's affair; a client's credential never goes further.
const OWN = new Set(['authorization', 'proxy-authorization', 'cookie', 'host', 'origin', 'accept-encoding']);
// What client, gateway and server read a message by, and who may read the answer: a policy's word of it could be wrong.
const PROTOCOLS_OWN =
  /^(host|expect|accept|accept-encoding|content-(type|length|encoding)|last-event-id|mcp-.*|access-control-.*|vary)$/;

/** Whether a policy may set or remove a header of an MCP server's request, or of the answer to a client. */
const isPolicys = (name: string): boolean => {
  const comparable = comparableHeader(name);
  return !PROTOCOLS_OWN.test(comparable) && !isHopByHop(comparable);
};

/** Those of a policy's headers that it may set. */
export const settable = (headers: HeaderValues = {}): HeaderValues =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => isPolicys(name)));

/** Which headers go where. */
export class HeaderRules {
  /** The request headers that a policy sees. */
  readonly seen: readonly string[];

  /**
   * @param named - the further request headers that a policy sees
   * @param policyHeaders - headers that only a policy may set, in small letters; `*` at the end stands for anything
   */
  constructor(
    named: readonly string[],
    private readonly policyHeaders: readonly string[],
  ) {
    this.seen = allowedHeaders(named);
  }

  /** Takes what only a policy may set, and what can't be trusted, out of a client's request, before a policy sees it. */
  strip(request: IncomingMessage): void {
    stripHeaders(request, this.policyHeaders);
    // The names of mirrored parameters are the tools' own; MirroredParams refuses two that could pass for one.
    removeUntrusted(request.headers, (name) => comparableHeader(name).startsWith('mcp-param-'));
  }

  /**
   * What the upstream gets of a client's headers: the protocol's own, and what a policy sees; no credential. What the
   * policy says of them comes last, and may be a credential.
   *
   * @param compared - those of the headers that repeat the message which were compared with it; no other goes on
   */
  toUpstream(
    given: IncomingHttpHeaders,
    compared: readonly string[],
    permit: McpPermit = {},
  ): IncomingHttpHeaders {
    const headers: IncomingHttpHeaders = {};
    for (const [name, value] of Object.entries(given)) {
      if (OWN.has(name) || (MIRRORED.test(name) && !compared.includes(name))) continue;
      if (PROTOCOL.test(name) || this.seen.includes(name)) headers[name] = value;
    }
    removeHopByHop(headers);
    delete headers['content-length'];
    // A body was read as UTF-8: a second charset must not have the upstream read another message than the policy did.
    if (headers['content-type'] !== undefined) headers['content-type'] = 'application/json';
    // Its session and its place in a stream are known by other names there.
    delete headers['mcp-session-id'];
    delete headers['last-event-id'];
    const removeHeaders = permit.removeHeaders?.filter(isPolicys);
    applyToRequest({ headers }, { headers: settable(permit.headers), removeHeaders });
    return { ...headers, 'accept-encoding': 'identity' };
  }

  /**
   * What the client gets of an upstream's headers; its length, its session and who may read it are told anew. A challenge
   * is for whoever has sent the credential: it would have a client fetch a token for another server and send it here.
   */
  toClient(given: IncomingHttpHeaders): IncomingHttpHeaders {
    const headers = { ...given };
    removeHopByHop(headers);
    for (const name of ['content-length', 'content-encoding', 'mcp-session-id', 'www-authenticate']) {
      Reflect.deleteProperty(headers, name);
    }
    for (const name of Object.keys(headers)) {
      if (matchesHeader(name, this.policyHeaders) || name.startsWith('access-control-'))
        Reflect.deleteProperty(headers, name);
    }
    // Beside the gateway's own.
    if (headers.vary !== undefined) headers.vary = `Origin, ${headers.vary}`;
    return headers;
  }
}
