import type { Decision, Obligation } from '../../contracts/index.js';
import { malformed } from './malformed.js';

/** The authentication that an obligation `step-up` requires. */
export interface StepUp {
  /** The reason, for a person. Printable ASCII. */
  readonly description?: string | undefined;
  /** The authentication context classes, the preferred one first. */
  readonly acrValues: readonly string[];
  /** The maximum age of the authentication, in seconds. */
  readonly maxAge?: number | undefined;
  /** The scopes that the token must have. */
  readonly scopes: readonly string[];
}

const PRINTABLE = /^[\x20-\x7e]+$/;
/** A scope token (RFC 6749, section 3.3). An `acr` value has no grammar, but spaces separate `acr` values too. */
const TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/**
 * Reads an obligation's `error_description`, `acr_values`, `max_age` (seconds), `scope` and `scopes`. Each list is a
 * text with spaces between the items, or an array of texts. The function merges `scope` and `scopes`.
 *
 * @throws OpaError `OPA_BAD_DECISION` when a header can't hold a property
 */
export function stepUpOf(properties: Obligation['properties']): StepUp {
  return {
    description: descriptionOf(properties['error_description']),
    acrValues: tokensOf('acr_values', properties['acr_values']),
    maxAge: maxAgeOf(properties['max_age']),
    scopes: [
      ...new Set([...tokensOf('scope', properties['scope']), ...tokensOf('scopes', properties['scopes'])]),
    ],
  };
}

/** The challenge parameters: the error and the required authentication (RFC 9470, section 3; RFC 6750, section 3). */
export function challengeOf(error: string, { description, acrValues, maxAge, scopes }: StepUp): string {
  const parameters = [
    ['error', error],
    ['error_description', description],
    ['acr_values', acrValues.join(' ')],
    ['max_age', maxAge?.toString()],
    ['scope', scopes.join(' ')],
  ] as const;
  return parameters.flatMap(([name, value]) => (value ? [`${name}=${quoted(value)}`] : [])).join(', ');
}

/** Adds step-up challenges to a denial: on HTTP as status 401 with `WWW-Authenticate`, elsewhere as reasons. */
export function challenged(denial: Decision, stepUps: readonly StepUp[], onHttp: boolean): Decision {
  if (stepUps.length === 0) return denial;
  const challenges = stepUps.map((stepUp) => challengeOf('insufficient_user_authentication', stepUp));
  if (!onHttp) return { ...denial, reasons: [...denial.reasons, ...challenges] };
  const policyChallenges = [denial.headers?.['www-authenticate'] ?? []].flat();
  const bearer = challenges.map((challenge) => `Bearer ${challenge}`);
  return {
    ...denial,
    status: 401,
    headers: { ...denial.headers, 'www-authenticate': [...policyChallenges, ...bearer] },
  };
}

/** Merges several step-ups into a single step-up: all scopes, all context classes, and the smallest maximum age. */
export function mergeStepUps(stepUps: readonly StepUp[]): StepUp {
  const ages = stepUps.flatMap(({ maxAge }) => maxAge ?? []);
  return {
    description: stepUps.find(({ description }) => description !== undefined)?.description,
    acrValues: [...new Set(stepUps.flatMap(({ acrValues }) => acrValues))],
    maxAge: ages.length === 0 ? undefined : Math.min(...ages),
    scopes: [...new Set(stepUps.flatMap(({ scopes }) => scopes))],
  };
}

const quoted = (value: string): string => `"${value.replace(/["\\]/g, '\\$&')}"`;

function tokensOf(name: string, value: unknown): string[] {
  if (value === undefined) return [];
  const tokens: unknown[] = typeof value === 'string' ? value.split(' ').filter(Boolean) : [value].flat();
  const isToken = (token: unknown): token is string => typeof token === 'string' && TOKEN.test(token);
  if (!tokens.every(isToken)) throw malformed('step-up', `"${name}" as a list of texts without spaces`);
  return tokens;
}

function descriptionOf(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || !PRINTABLE.test(value))
    throw malformed('step-up', '"error_description" in printable ASCII');
  return value;
}

function maxAgeOf(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw malformed('step-up', '"max_age" in whole seconds');
  return value;
}
