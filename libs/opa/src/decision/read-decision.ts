import type { Decision, EngineAnswer, HeaderValues, Obligation } from '../contracts/index.js';
import { isHeaderName, isHeaderValue, OpaError } from '../contracts/index.js';

type Fields = Readonly<Record<string, unknown>>;

/** The part of a decision that the policy's document says. */
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
 * Says what a policy's document means: a boolean, or an object with a boolean `allow`, `allowed` or `decision`.
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
    obligations: [fields['obligations'], context?.['obligations']].flatMap((given) =>
      obligations(given, policy),
    ),
    ...optional('headers', headers(fields, 'headers', policy)),
    ...optional('responseHeaders', headers(fields, 'response_headers_to_add', policy)),
    ...optional('removeHeaders', names(fields['request_headers_to_remove'], policy)),
    ...(allowed ? {} : optional('status', status(fields, policy))),
    ...optional('body', fields['body']),
  };
}

/**
 * Makes the decision of an engine's answer.
 *
 * @param policy - the policy path that was asked
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
    // Last: to V8 each object that begins with a spread is of a class of its own.
    ...readDecision(answer, policy),
  };
  if (id !== undefined) decision.id = id;
  if (revision !== undefined) decision.revision = revision;
  if (degraded !== undefined) decision.degraded = degraded;
  return decision;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Tells whether a document means to be a decision: a boolean, or an object with a member that says allow or deny. */
export function saysDecision(result: unknown): boolean {
  if (typeof result === 'boolean') return true;
  const fields = asFields(result);
  return fields !== undefined && VERDICTS.some((key) => key in fields);
}

function verdictOf(fields: Fields, policy: string): boolean {
  const verdicts = VERDICTS.filter((key) => key in fields).map((key) => fields[key]);
  const [first] = verdicts;
  if (typeof first !== 'boolean' || verdicts.some((verdict) => typeof verdict !== 'boolean')) {
    throw bad(policy, 'it has no boolean "allow", "allowed" or "decision", or one that is no boolean');
  }
  if (verdicts.some((verdict) => verdict !== first))
    throw bad(policy, 'its "allow", "allowed" and "decision" differ');
  return first;
}

function reasons(fields: Fields, policy: string): string[] {
  return [fields['reason'], fields['reasons']].flatMap((given) => {
    if (given === undefined || given === null) return [];
    const list: unknown[] = Array.isArray(given) ? given : [given];
    return list.map((reason) => reasonOf(reason, policy));
  });
}

// As in APISIX, whose plugin sends an object as its JSON.
function reasonOf(reason: unknown, policy: string): string {
  if (typeof reason === 'string') return reason;
  if (asFields(reason) === undefined) throw bad(policy, 'its reasons are neither texts nor objects');
  return JSON.stringify(reason);
}

// AuthZEN: context.reason_user and reason_admin are objects of texts; the one for users is what a client may read.
function contextReasons(context: Fields | undefined): string[] {
  const given = context?.['reason_user'] ?? context?.['reason'];
  const list: unknown[] = typeof given === 'string' ? [given] : Object.values(asFields(given) ?? {});
  return list.filter((reason) => typeof reason === 'string');
}

function obligations(given: unknown, policy: string): Obligation[] {
  if (given === undefined || given === null) return [];
  if (!Array.isArray(given)) throw bad(policy, 'its obligations are not a list');
  return given.map(obligation);
}

// A malformed one stays in the list, for the others are to be carried out beside it.
function obligation(item: unknown): Obligation {
  const { type, properties = {}, id } = asFields(item) ?? {};
  const known = typeof type === 'string' && type !== '';
  const malformed = known ? 'its "properties" are no object' : 'it has no text "type"';
  const fields = asFields(properties);
  return {
    type: known ? type : '',
    properties: fields ?? {},
    ...(typeof id === 'string' && { id }),
    ...(!(known && fields !== undefined) && { malformed }),
  };
}

// An object, or, as opa-envoy-plugin has it, a list of objects whose headers add to each other.
function headers(fields: Fields, key: string, policy: string): HeaderValues | undefined {
  const given = fields[key];
  if (given === undefined || given === null) return undefined;
  const found = new Map<string, string | string[]>();
  for (const one of [given].flat()) {
    const values = asFields(one);
    if (values === undefined) throw bad(policy, `its "${key}" are neither an object nor a list of objects`);
    for (const [written, value] of Object.entries(values)) {
      const name = written.toLowerCase();
      const more = headerValue(written, value, policy);
      const known = found.get(name);
      found.set(name, known === undefined ? more : [known, more].flat());
    }
  }
  return Object.fromEntries(found);
}

function headerValue(name: string, value: unknown, policy: string): string | string[] {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  const texts = list.filter(isHeaderValue);
  if (!isHeaderName(name) || texts.length !== list.length)
    throw bad(policy, `its header ${JSON.stringify(name)} is not valid`);
  return Array.isArray(value) ? texts : (texts[0] ?? '');
}

function names(given: unknown, policy: string): string[] | undefined {
  if (given === undefined || given === null) return undefined;
  if (!Array.isArray(given) || !given.every((name) => typeof name === 'string')) {
    throw bad(policy, 'its "request_headers_to_remove" are not a list of names');
  }
  return given.map((name: string) => name.toLowerCase());
}

function status(fields: Fields, policy: string): number | undefined {
  const given = fields['http_status'] ?? fields['status_code'];
  if (given === undefined || given === null) return undefined;
  if (typeof given === 'number' && Number.isInteger(given) && given >= 300 && given <= 599) return given;
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
    `The policy "${policy}" did not give a decision: ${why}. ` +
      'Give a boolean, or an object with a boolean "allow", "allowed" or "decision".',
  );
}
