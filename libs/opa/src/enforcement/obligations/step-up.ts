import type { Decision, Obligation } from '../../contracts/index.js';
import { malformed } from './malformed.js';

const ERROR = 'error="insufficient_user_authentication"';

/**
 * The parameters of a step-up challenge (RFC 9470), from an obligation's `error_description`, `acr_values` (text, or a
 * list of texts), `max_age` (seconds) and `scope` (as `acr_values`).
 *
 * @throws OpaError `OPA_BAD_DECISION` when one of them can't be written in a header
 */
export function challengeOf(properties: Obligation['properties']): string {
  const given = [
    ['error_description', text('error_description', properties['error_description'])],
    ['acr_values', text('acr_values', joined(properties['acr_values']))],
    ['max_age', seconds(properties['max_age'])],
    ['scope', text('scope', joined(properties['scope']))],
  ] as const;
  const parameters = given.flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
  return [ERROR, ...parameters].join(', ');
}

/** Makes a denial ask for a stronger or fresher authentication: on HTTP as 401, elsewhere in its reasons. */
export function challenged(denial: Decision, challenges: readonly string[], onHttp: boolean): Decision {
  if (challenges.length === 0) return denial;
  if (!onHttp) return { ...denial, reasons: [...denial.reasons, ...challenges] };
  const own = [denial.headers?.['www-authenticate'] ?? []].flat();
  const bearer = challenges.map((challenge) => `Bearer ${challenge}`);
  return { ...denial, status: 401, headers: { ...denial.headers, 'www-authenticate': [...own, ...bearer] } };
}

function joined(value: unknown): unknown {
  return Array.isArray(value) && value.every((one) => typeof one === 'string') ? value.join(' ') : value;
}

function text(name: string, value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || !/^[\x20-\x7e]+$/.test(value))
    throw malformed('step-up', `a "${name}" of printable ASCII`);
  return `"${value.replace(/["\\]/g, '\\$&')}"`;
}

function seconds(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw malformed('step-up', 'a "max_age" in whole seconds');
  return `"${value}"`;
}
