import type { McpPermit } from '../policy/enforcer.js';
import type { McpCall } from '../protocol/call.js';
import { isUndecided, methodIn } from '../protocol/methods/index.js';
import { tasksOf } from '../session/task-references.js';
import { UNKNOWN_TASK } from '../session/tasks.js';
import { admit } from './admit.js';
import type { Exchange } from './exchange.js';
import { Refused } from './refused.js';
import { reportDenial } from './report.js';

/**
 * Decides a request. A request that names tasks must name only tasks that the subject began.
 *
 * @throws Refused when a policy stops the request, or the request names a task that the subject did not begin
 */
export async function decideCall(exchange: Exchange, call: McpCall): Promise<McpPermit> {
  const { server, enforcer, subject, session, origin } = exchange;
  const { request, era } = call;
  // COAZ defines no decision for this method, so the policy decides the opening request of the era.
  const undecided = isUndecided(methodIn(era, request.method));
  if (undecided) await admit(exchange, era, request.method, call);
  const admission = await enforcer.before(call, origin);
  if ('refusal' in admission) {
    reportDenial(exchange, call, admission.refusal);
    throw new Refused(admission.refusal, call);
  }
  if (!(await server.tasks.areOwn(subject, tasksOf(request)))) throw new Refused(UNKNOWN_TASK, call);
  if (undecided) return { ...(await session.permit()), ...admission.permit };
  await session.notePermit(admission.permit, era);
  return admission.permit;
}
