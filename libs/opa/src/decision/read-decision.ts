import type { Decision, EngineAnswer, HeaderValues, Obligation } from '../contracts/index.js';
import { OpaError } from '../contracts/index.js';

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
    obligations: obligations(fields['obligations'] ?? context?.['obligations'], policy),
    ...optional('headers', headers(fields, 'headers', policy)),
    ...optional('responseHeaders', headers(fields, 'response_headers_to_add', policy)),
    ...optional('removeHeaders', names(fields['request_headers_to_remove'], policy)),
    ...(allowed ? {} : optional('status', status(fields, policy))),
    ...optional('body', fields['body']),
  };
}

function verdictOf(fields: Fields, policy: string): boolean {
  const verdicts = ['allow', 'allowed', 'decision'].filter((key) => key in fields).map((key) => fields[key]);
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
    if (!list.every((reason) => typeof reason === 'string')) throw bad(policy, 'its reasons are not texts');
    return list;
  });
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
  return given.map((item: unknown) => {
    const fields = asFields(item);
    const properties = fields?.['properties'] === undefined ? {} : asFields(fields['properties']);
    if (typeof fields?.['type'] !== 'string' || properties === undefined) {
      throw bad(policy, 'an obligation has no text "type", or "properties" that are no object');
    }
    return {
      type: fields['type'],
      properties,
      ...(typeof fields['id'] === 'string' && { id: fields['id'] }),
    };
  });
}

function headers(fields: Fields, key: string, policy: string): HeaderValues | undefined {
  const given = fields[key];
  if (given === undefined || given === null) return undefined;
  const values = asFields(given);
  if (values === undefined) throw bad(policy, `its "${key}" are not an object`);
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name.toLowerCase(), headerValue(name, value, policy)]),
  );
}

const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

function headerValue(name: string, value: unknown, policy: string): string | string[] {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  const texts = list.filter((item): item is string => typeof item === 'string' && HEADER_VALUE.test(item));
  if (!HEADER_NAME.test(name) || texts.length !== list.length)
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
