import type { McpRefusal } from '../policy/enforcer.js';
import type { McpEra } from '../protocol/call.js';
import { openingOf } from '../session/admissions.js';
import type { Exchange } from './exchange.js';
import { reportNotAdmitted } from './report.js';

/**
 * Decides what is sent without a session and is no request that is decided by itself: as the request that its client
 * would begin with. A session's own messages pass, for its `initialize` was allowed.
 *
 * @param what - the HTTP method, or the message's own, for the log
 * @returns why it must not go on; `undefined` when it may
 */
export async function admit(exchange: Exchange, era: McpEra, what: string): Promise<McpRefusal | undefined> {
  const { server, enforcer, caller, request, origin, session } = exchange;
  if (session.isOpen) return undefined;
  const version = request.headers['mcp-protocol-version'];
  const opening = openingOf(caller, era, typeof version === 'string' ? version.trim() : undefined);
  if (server.admissions.has(opening)) return undefined;
  const admission = await enforcer.before(opening, origin);
  if ('permit' in admission) {
    server.admissions.add(opening);
    return undefined;
  }
  reportNotAdmitted(exchange, what, opening.request.method, admission.refusal);
  return admission.refusal;
}
