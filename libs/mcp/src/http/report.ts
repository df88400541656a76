import { Logger } from '@nestjs/common';
import type { McpCall } from '../protocol/call.js';
import type { McpHidden, McpRefusal } from '../policy/enforcer.js';
import { resourceParameterOf } from '../protocol/methods/index.js';
import { quoted } from '../protocol/quoted.js';
import type { UpstreamResponse } from '../upstream/upstream-client.js';
import type { Exchange } from './exchange.js';

const logger = new Logger('Mcp');
const MAX_NAMES = 50;

// A denial may have HTTP status 200, so access logs don't show it: this log must. It never holds arguments, results or
// reasons.

/** Logs a denial or a limited call. This function ignores refusals of other kinds, because the code that fails logs its failure. */
export function reportDenial(exchange: Exchange, { request }: McpCall, refusal: McpRefusal): void {
  const { method, params = {} } = request;
  const id = params[resourceParameterOf(method) ?? ''];
  warn(exchange, typeof id === 'string' ? `${method} ${quoted(id)}` : method, refusal);
}

/**
 * Logs a denial of a message outside of a session.
 *
 * @param what - the HTTP method or the JSON-RPC method of the message
 * @param method - the method of the opening request, which the policy saw
 */
export function reportNotAdmitted(
  exchange: Exchange,
  what: string,
  method: string,
  refusal: McpRefusal,
): void {
  warn(exchange, `${quoted(what)} without a session, decided as ${method}`, refusal);
}

function warn({ server }: Exchange, what: string, { kind, data }: McpRefusal): void {
  if (kind !== 'denied' && kind !== 'limited') return;
  logger.warn(`${server.entry.name}: ${kind} ${what}${decidedBy(data?.['decisionId'])}`);
}

/** Logs the names of the items that a list policy has hidden. */
export function reportHidden({ server }: Exchange, { request }: McpCall, hidden: McpHidden): void {
  const names = hidden.names.slice(0, MAX_NAMES).map(quoted).join(', ');
  const more = hidden.names.length - MAX_NAMES;
  const others = more > 0 ? ` and ${more} more` : '';
  logger.log(
    `${server.entry.name}: hid of ${request.method}: ${names}${others}${decidedBy(hidden.decisionId)}`,
  );
}

const decidedBy = (id: unknown): string => (typeof id === 'string' ? ` (decision ${id})` : '');

/** Logs that the upstream refused the gateway's credential. The client can't correct the gateway's credential. */
export function reportUnauthorized({ server }: Exchange): void {
  logger.warn(
    `${server.entry.name}: the MCP server refused the gateway's credential (status 401). Correct the credential that ` +
      "the policy's headers or the server's entry set.",
  );
}

/** Logs the status and the target of a redirect. The log holds neither the target's query nor its user. */
export function reportRedirect(
  { server }: Exchange,
  { status, headers: { location } }: UpstreamResponse,
): void {
  const { name, url } = server.entry;
  const target = location !== undefined && URL.canParse(location, url) ? new URL(location, url) : undefined;
  const place = target === undefined ? 'no valid target' : quoted(target.origin + target.pathname);
  logger.warn(
    `${name}: the MCP server redirects to ${place} (status ${status}). The gateway follows no redirect. Set "url" ` +
      'to the address of the MCP endpoint.',
  );
}
