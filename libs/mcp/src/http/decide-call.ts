import type { McpAdmission } from '../policy/enforcer.js';
import type { McpCall } from '../protocol/call.js';
import { isUndecided, methodIn } from '../protocol/methods/index.js';
import { tasksOf } from '../session/task-references.js';
import { UNKNOWN_TASK } from '../session/tasks.js';
import { admit } from './admit.js';
import type { Exchange } from './exchange.js';
import { reportDenial } from './report.js';

/** Decides a request; what it does to a task, it may do to one of the subject's own alone. */
export async function decideCall(exchange: Exchange, call: McpCall): Promise<McpAdmission> {
  const { server, enforcer, subject, origin } = exchange;
  const { request, era } = call;
  // COAZ has no decision for such a method.
  if (isUndecided(methodIn(era, request.method))) {
    const refusal = await admit(exchange, era, request.method);
    if (refusal !== undefined) return { refusal };
  }
  const admission = await enforcer.before(call, origin);
  if ('refusal' in admission) reportDenial(exchange, call, admission.refusal);
  else if (!server.tasks.areOwn(subject, tasksOf(request))) return { refusal: UNKNOWN_TASK };
  return admission;
}
