import type { Decision, EngineAnswer, HeaderValues, Obligation } from '../contracts/index.js';
import { isHeaderName, isHeaderValue, OpaError } from '../contracts/index.js';

type Fields = Readonly<Record<string, unknown>>;

/** The part of a decision that comes from the policy's document. */
export type PolicyVerdict = Pick<
  Decision,
  | 'outcome'
  | 'allowed'
  | 'reasons'
  | 'obligations'
  | 'headers'
  | 'responseHeaders'
  | 'removeHeaders'
  | 'status'
  | 'body'
>;

const VERDICTS = ['allow', 'allowed', 'decision'];

const ALLOW: PolicyVerdict = Object.freeze({ outcome: 'allow', allowed: true, reasons: [], obligations: [] });
const DENY: PolicyVerdict = Object.freeze({ outcome: 'deny', allowed: false, reasons: [], obligations: [] });
const UNDEFINED: PolicyVerdict = Object.freeze({ ...DENY, outcome: 'undefined' });

/**
 * Reads a policy's document: a boolean, or an object with a boolean `allow`, `allowed` or `decision`.
 *
 * @param policy - the policy path, for messages
 * @throws OpaError `OPA_BAD_DECISION` for every other document
 */
export function readDecision(answer: EngineAnswer, policy: string): PolicyVerdict {
  const { result } = answer;
  if (result === true) return ALLOW;
  if (result === false) return DENY;
  if (result === undefined) return UNDEFINED;
  const fields = asFields(result);
  if (fields === undefined) throw bad(policy, `it is ${nameOf(result)}`);
  const allowed = verdictOf(fields, policy);
  const context = asFields(fields['context']);
  return {
    outcome: allowed ? 'allow' : 'deny',
    allowed,
    reasons: [...reasons(fields, policy), ...contextReasons(context)],
    obligations: [fields['obligations'], context?.['obligations']].flatMap((list) =>
      obligations(list, policy),
    ),
    ...optional('headers', headers(fields, 'headers', policy)),
    ...optional('responseHeaders', headers(fields, 'response_headers_to_add', policy)),
    ...optional('removeHeaders', names(fields['request_headers_to_remove'], policy)),
    ...(allowed ? {} : optional('status', status(fields, policy))),
    ...optional('body', fields['body']),
  };
}

/**
 * Makes a decision from an engine's answer.
 *
 * @param policy - the policy path that was evaluated
 * @param engine - the name of the engine that answered
 * @throws OpaError `OPA_BAD_DECISION`, as {@link readDecision}
 */
export function decisionOf(
  answer: EngineAnswer,
  policy: string,
  engine: string,
  durationMs: number,
): Decision {
  const { result, id, revision, degraded, cached = false } = answer;
  const decision: Mutable<Decision> = {
    result,
    policy,
    engine,
    cached,
    durationMs,
    // The spread stands last, because V8 gives every object that begins with a spread a new hidden class.
    ...readDecision(answer, policy),
  };
  if (id !== undefined) decision.id = id;
  if (revision !== undefined) decision.revision = revision;
  if (degraded !== undefined) decision.degraded = degraded;
  return decision;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Tells whether a document is meant as a decision: a boolean, or an object with `allow`, `allowed` or `decision`. */
export function saysDecision(result: unknown): boolean {
  if (typeof result === 'boolean') return true;
  const fields = asFields(result);
  return fields !== undefined && VERDICTS.some((key) => key in fields);
}

function verdictOf(fields: Fields, policy: string): boolean {
  const verdicts = VERDICTS.filter((key) => key in fields).map((key) => fields[key]);
  const [first] = verdicts;
  if (typeof first !== 'boolean' || verdicts.some((verdict) => typeof verdict !== 'boolean')) {
    throw bad(policy, 'it has no boolean "allow", "allowed" or "decision", or one of them is not a boolean');
  }
  if (verdicts.some((verdict) => verdict !== first))
    throw bad(policy, 'its "allow", "allowed" and "decision" differ');
  return first;
}

function reasons(fields: Fields, policy: string): string[] {
  return [fields['reason'], fields['reasons']].flatMap((value) => {
    if (value === undefined || value === null) return [];
    const list: unknown[] = Array.isArray(value) ? value : [value];
    return list.map((reason) => reasonOf(reason, policy));
  });
}

// An object becomes its JSON, as in the OPA plugin of APISIX.
function reasonOf(reason: unknown, policy: string): string {
  if (typeof reason === 'string') return reason;
  if (asFields(reason) === undefined) throw bad(policy, 'a reason is neither a string nor an object');
  return JSON.stringify(reason);
}

// AuthZEN: context.reason_user and context.reason_admin are objects whose values are texts. Clients may read only
// reason_user.
function contextReasons(context: Fields | undefined): string[] {
  const value = context?.['reason_user'] ?? context?.['reason'];
  const list: unknown[] = typeof value === 'string' ? [value] : Object.values(asFields(value) ?? {});
  return list.filter((reason) => typeof reason === 'string');
}

function obligations(list: unknown, policy: string): Obligation[] {
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list)) throw bad(policy, 'its obligations are not a list');
  return list.map(obligation);
}

// A malformed obligation stays in the list, so that the executor can refuse the request.
function obligation(item: unknown): Obligation {
  const { type, properties = {}, id } = asFields(item) ?? {};
  const hasType = typeof type === 'string' && type !== '';
  const malformed = hasType ? 'its "properties" are no object' : 'it has no string "type"';
  const fields = asFields(properties);
  return {
    type: hasType ? type : '',
    properties: fields ?? {},
    ...(typeof id === 'string' && { id }),
    ...(!(hasType && fields !== undefined) && { malformed }),
  };
}

// The headers are an object, or a list of objects whose headers are merged, as in opa-envoy-plugin.
function headers(fields: Fields, key: string, policy: string): HeaderValues | undefined {
  const value = fields[key];
  if (value === undefined || value === null) return undefined;
  const merged = new Map<string, string | string[]>();
  for (const item of [value].flat()) {
    const values = asFields(item);
    if (values === undefined) throw bad(policy, `its "${key}" are neither an object nor a list of objects`);
    for (const [writtenName, header] of Object.entries(values)) {
      const name = writtenName.toLowerCase();
      const added = headerValue(writtenName, header, policy);
      const earlier = merged.get(name);
      merged.set(name, earlier === undefined ? added : [earlier, added].flat());
    }
  }
  return Object.fromEntries(merged);
}

function headerValue(name: string, value: unknown, policy: string): string | string[] {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  const texts = list.filter(isHeaderValue);
  if (!isHeaderName(name) || texts.length !== list.length)
    throw bad(policy, `its header ${JSON.stringify(name)} is not valid`);
  return Array.isArray(value) ? texts : (texts[0] ?? '');
}

function names(list: unknown, policy: string): string[] | undefined {
  if (list === undefined || list === null) return undefined;
  if (!Array.isArray(list) || !list.every((name) => typeof name === 'string')) {
    throw bad(policy, 'its "request_headers_to_remove" are not a list of names');
  }
  return list.map((name: string) => name.toLowerCase());
}

function status(fields: Fields, policy: string): number | undefined {
  const code = fields['http_status'] ?? fields['status_code'];
  if (code === undefined || code === null) return undefined;
  if (typeof code === 'number' && Number.isInteger(code) && code >= 300 && code <= 599) return code;
  throw bad(policy, 'the status of its denial is not one of 300 to 599');
}

function optional<K extends string, T>(key: K, value: T | undefined): Partial<Record<K, T>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, T>);
}

function asFields(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

function nameOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`;
}

function bad(policy: string, why: string): OpaError {
  return new OpaError(
    'OPA_BAD_DECISION',
    `The policy "${policy}" did not return a decision: ${why}. ` +
      'Return a boolean, or an object with a boolean "allow", "allowed" or "decision".',
  );
}
