import type { Attributes } from '@opentelemetry/api';
import type { OpaDecisionEvent } from '../contracts/index.js';

/**
 * The attributes of a decision's span. The subject, the input and the result may be personal data, so they are left out.
 * OpenTelemetry leaves out an attribute that is `undefined`.
 */
export function decisionAttributes(event: OpaDecisionEvent): Attributes {
  return {
    'opa.decision_id': event.decisionId,
    'opa.policy.path': event.policy === '' ? undefined : event.policy,
    'opa.decision.outcome': event.outcome,
    'opa.decision.enforced': event.enforced,
    'opa.decision.cached': event.cached,
    'opa.decision.degraded': event.degraded,
    'opa.engine': event.engine,
    'opa.bundle.revision': event.revision,
    'error.type': event.errorCode,
  };
}
