import { Logger } from '@nestjs/common';
import type { McpCall } from '../protocol/call.js';
import type { McpHidden, McpRefusal } from '../policy/enforcer.js';
import { resourceParameterOf } from '../protocol/methods/index.js';
import type { Exchange } from './exchange.js';

const logger = new Logger('Mcp');
const MAX_NAME = 200;
const MAX_NAMES = 50;

// A client may be told of a denial with HTTP 200: it must be visible here. No argument, result or reason is.

/** Logs a denial. What could not be decided is logged where it failed. */
export function reportDenial(exchange: Exchange, { request }: McpCall, refusal: McpRefusal): void {
  const { method, params = {} } = request;
  const id = params[resourceParameterOf(method) ?? ''];
  warn(exchange, typeof id === 'string' ? `${method} ${quoted(id)}` : method, refusal);
}

/**
 * Logs a denial of what was sent without a session.
 *
 * @param what - the HTTP method, or the message's own
 * @param method - the method that it was decided as
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
  if (kind !== 'denied') return;
  logger.warn(`${server.entry.name}: denied ${what}${decidedBy(data?.['decisionId'])}`);
}

/** Logs what a list policy has hidden. */
export function reportHidden({ server }: Exchange, { request }: McpCall, hidden: McpHidden): void {
  const names = hidden.names.slice(0, MAX_NAMES).map(quoted).join(', ');
  const more = hidden.names.length - MAX_NAMES;
  const others = more > 0 ? ` and ${more} more` : '';
  logger.log(
    `${server.entry.name}: hid of ${request.method}: ${names}${others}${decidedBy(hidden.decisionId)}`,
  );
}

const quoted = (name: string): string =>
  JSON.stringify(name.length > MAX_NAME ? `${name.slice(0, MAX_NAME)}…` : name);

const decidedBy = (id: unknown): string => (typeof id === 'string' ? ` (decision ${id})` : '');
