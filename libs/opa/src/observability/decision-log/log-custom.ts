import type { OpaDecisionEvent } from '../../contracts/index.js';

/** Gives the part of a logged event that OPA's format has no fields for. OPA names its own such field `custom` too. */
export function customOf(event: OpaDecisionEvent): Readonly<Record<string, unknown>> {
  const { outcome, enforced, engine, cached, reasons, phase } = event;
  return {
    outcome,
    enforced,
    engine,
    cached,
    phase,
    instance: event.instance || undefined,
    degraded: event.degraded,
    reasons: reasons.length === 0 ? undefined : reasons,
    kind: event.kind,
    route: event.route,
    mcp: event.mcp,
    request_id: event.requestId,
  };
}
