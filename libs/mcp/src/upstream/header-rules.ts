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
import { GATEWAY_ONLY, maySetByPolicy, MIRRORED_HEADERS, PROTOCOL_HEADERS } from './header-names.js';
import { removeHopByHop } from './hop-by-hop.js';
import { removeUntrusted } from './untrusted-headers.js';

/** Selects the headers that a policy may set. */
export const settable = (headers: HeaderValues = {}): HeaderValues =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => maySetByPolicy(name)));

/** Decides which headers the policy, the upstream and the client receive. */
export class HeaderRules {
  /** The request headers that a policy sees. */
  readonly visible: readonly string[];

  /**
   * @param named - the request headers that a policy sees beside the default ones
   * @param policyHeaders - headers that only a policy may set, in lower case; `*` at the end matches any text
   */
  constructor(
    named: readonly string[],
    private readonly policyHeaders: readonly string[],
  ) {
    this.visible = allowedHeaders(named);
  }

  /**
   * Removes untrusted headers, and headers that only a policy or the server's entry may set, from a client's request.
   * Call it before the policy.
   *
   * @param entryHeaders - the headers of the server's entry, in lower case
   */
  strip(request: IncomingMessage, entryHeaders: readonly string[]): void {
    stripHeaders(request, [...this.policyHeaders, ...entryHeaders]);
    // A tool chooses the names of `Mcp-Param-…` headers. MirroredParams refuses two names that a server could confuse.
    removeUntrusted(request.headers, (name) => comparableHeader(name).startsWith('mcp-param-'));
  }

  /**
   * Builds the headers of the upstream request. The upstream receives the client's protocol headers and the headers
   * that a policy sees, but no credential of the client. The policy's headers come last, and may hold a credential.
   *
   * @param compared - the mirrored headers that match the message; the upstream receives no other mirrored header
   * @param permit - the headers of the policy that allowed the request
   */
  toUpstream(
    clientHeaders: IncomingHttpHeaders,
    compared: readonly string[],
    permit: McpPermit = {},
  ): IncomingHttpHeaders {
    const headers: IncomingHttpHeaders = {};
    for (const [name, value] of Object.entries(clientHeaders)) {
      if (GATEWAY_ONLY.has(name) || (MIRRORED_HEADERS.test(name) && !compared.includes(name))) continue;
      if (PROTOCOL_HEADERS.test(name) || this.visible.includes(name)) headers[name] = value;
    }
    removeHopByHop(headers);
    delete headers['content-length'];
    // The gateway read the body as UTF-8. With another charset the upstream could read another message than the policy.
    if (headers['content-type'] !== undefined) headers['content-type'] = 'application/json';
    // The caller of this method adds the upstream's session id, and an event id that the client may resume from.
    delete headers['mcp-session-id'];
    delete headers['last-event-id'];
    const removeHeaders = permit.removeHeaders?.filter(maySetByPolicy);
    applyToRequest({ headers }, { headers: settable(permit.headers), removeHeaders });
    return { ...headers, 'accept-encoding': 'identity' };
  }

  /**
   * Builds the client's headers from the upstream's headers. The gateway sets the length, the session id and the CORS
   * headers itself. It also drops the upstream's challenge: a client would follow it, get a token for another server,
   * and send the token here.
   *
   * @param hidden - the headers with the gateway's own credentials, which an upstream may repeat, in lower case
   */
  toClient(upstreamHeaders: IncomingHttpHeaders, hidden: readonly string[] = []): IncomingHttpHeaders {
    const headers = { ...upstreamHeaders };
    removeHopByHop(headers);
    for (const name of ['content-length', 'content-encoding', 'mcp-session-id', 'www-authenticate']) {
      Reflect.deleteProperty(headers, name);
    }
    for (const name of Object.keys(headers)) {
      if (matchesHeader(name, [...this.policyHeaders, ...hidden]) || name.startsWith('access-control-'))
        Reflect.deleteProperty(headers, name);
    }
    // The gateway's own value `Origin` must remain.
    if (headers.vary !== undefined) headers.vary = `Origin, ${headers.vary}`;
    return headers;
  }
}
