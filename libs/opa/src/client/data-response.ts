import type { EngineAnswer, OpaErrorCode, OpaWarning } from '../contracts/index.js';
import { redactMessage, OpaError, parseObject } from '../contracts/index.js';
import type { HttpResponse } from '../transport/index.js';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Turns OPA's response to a data request into an engine's result or an error. No other code does this.
 *
 * @param url - OPA's address, for messages
 * @throws OpaError `OPA_BAD_ANSWER`, `OPA_UNAUTHORIZED`, `OPA_OVERLOADED`, `OPA_POLICY_ERROR` or `OPA_UNREACHABLE`
 */
export function readDataResponse(response: HttpResponse, url: string): EngineAnswer {
  if (response.status !== 200) throw errorOf(response, url);
  const fields = objectOf(response.body);
  if (fields === undefined) {
    throw new OpaError(
      'OPA_BAD_ANSWER',
      `OPA at ${url} answered 200, but the body is not a JSON object, or it holds a key twice.`,
      {
        status: 200,
      },
    );
  }
  const { result, decision_id: id, warning, provenance, metrics } = fields;
  return {
    result,
    ...(typeof id === 'string' && { id }),
    ...(isWarning(warning) && { warning }),
    ...(provenance !== undefined && { provenance }),
    ...(metrics !== undefined && { metrics }),
  };
}

const CODES: Readonly<Record<number, OpaErrorCode>> = {
  401: 'OPA_UNAUTHORIZED',
  403: 'OPA_UNAUTHORIZED',
  429: 'OPA_OVERLOADED',
  500: 'OPA_POLICY_ERROR',
  502: 'OPA_UNREACHABLE',
  503: 'OPA_UNREACHABLE',
  504: 'OPA_UNREACHABLE',
};

function errorOf(response: HttpResponse, url: string): OpaError {
  const { status } = response;
  const code = CODES[status] ?? 'OPA_BAD_ANSWER';
  const hint =
    code === 'OPA_UNAUTHORIZED' ? ' (OPA refused this client\'s credential: option "token" or "tls")' : '';
  const details = explain(objectOf(response.body));
  return new OpaError(code, `OPA at ${url} answered ${status}${hint}${details}.`, {
    status,
    retryAfterMs: retryAfter(response.headers['retry-after']),
  });
}

// OPA's error body: {code, message, errors?: [{code, message, location}]}
function explain(body: Fields | undefined): string {
  if (typeof body?.['code'] !== 'string') return '';
  const errors: unknown[] = Array.isArray(body['errors']) ? body['errors'] : [];
  const details = errors.map(detail).filter((text) => text !== '');
  return [`: ${redacted(body['code'])}`, redacted(body['message']), ...details].filter(Boolean).join(', ');
}

function detail(error: unknown): string {
  const fields = asFields(error);
  const location = asFields(fields?.['location']);
  const where = location === undefined ? '' : ` at ${textOf(location['file'])}:${textOf(location['row'])}`;
  return fields === undefined ? '' : `${redacted(fields['code'])} (${redacted(fields['message'])})${where}`;
}

// OPA's messages may end with values of the input.
const redacted = (text: unknown): string => redactMessage(textOf(text));

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function retryAfter(value: unknown): number | undefined {
  if (typeof value !== 'string' || value === '') return undefined;
  const seconds = Number(value);
  const ms = Number.isNaN(seconds) ? Date.parse(value) - Date.now() : seconds * 1_000;
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

function isWarning(value: unknown): value is OpaWarning {
  const fields = asFields(value);
  return typeof fields?.['code'] === 'string' && typeof fields['message'] === 'string';
}

function objectOf(body: unknown): Fields | undefined {
  return typeof body === 'string' ? parseObject(body) : asFields(body);
}

function asFields(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}
