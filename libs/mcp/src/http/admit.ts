import type { McpCall, McpEra } from '../protocol/call.js';
import { openingOf } from '../session/admissions.js';
import type { Exchange } from './exchange.js';
import { Refused } from './refused.js';
import { reportNotAdmitted } from './report.js';

/**
 * Decides what is sent without a session and is no request that is decided by itself: as the request that its client
 * would begin with. A session's own messages pass, for its `initialize` was allowed.
 *
 * @param what - the HTTP method, or the message's own, for the log
 * @param call - the request that is admitted, if it is one
 * @throws Refused when the message must not go on
 */
export async function admit(exchange: Exchange, era: McpEra, what: string, call?: McpCall): Promise<void> {
  const { server, enforcer, caller, request, origin, session } = exchange;
  if (session.isOpen) return;
  const version = request.headers['mcp-protocol-version'];
  const opening = openingOf(caller, era, typeof version === 'string' ? version.trim() : undefined);
  if (server.admissions.has(opening)) return;
  const admission = await enforcer.before(opening, origin);
  if ('refusal' in admission) {
    reportNotAdmitted(exchange, what, opening.request.method, admission.refusal);
    throw new Refused(admission.refusal, call);
  }
  server.admissions.add(opening);
}
