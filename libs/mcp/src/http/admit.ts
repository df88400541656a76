import type { McpCall, McpEra } from '../protocol/call.js';
import { openingOf } from '../session/admissions.js';
import type { Exchange } from './exchange.js';
import { Refused } from './refused.js';
import { reportNotAdmitted } from './report.js';

/**
 * Decides a message that has neither a session nor a decision of its own. The policy sees the request that opens the
 * era, such as `initialize`. Messages in a session pass, because the policy has allowed the session's `initialize`.
 *
 * @param what - the HTTP method or the JSON-RPC method of the message, for the log
 * @param call - the message, when it is a request
 * @throws Refused when the policy stops the message
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
