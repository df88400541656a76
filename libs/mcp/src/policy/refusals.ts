import { Logger } from '@nestjs/common';
import type { Decision } from 'nestjs-opa';
import { OpaError } from 'nestjs-opa';
import {
  challengeOf,
  codesOf,
  DENIED,
  DENIED_MESSAGE,
  denialDetails,
  failureDetails,
  failureMessage,
  isAllowed,
  logFailure,
  retryAfterOf,
} from 'nestjs-opa/internal';
import type { StepUp } from 'nestjs-opa/internal';
import type { McpEra } from '../protocol/call.js';
import type { McpRefusal } from './enforcer.js';
import type { McpEffects } from './obligations.js';
import { INTERNAL_ERROR, INVALID_PARAMS, METHOD_NOT_FOUND } from '../protocol/parse.js';

const logger = new Logger('OpaMcp');

/** The refusal of a denied call. COAZ-MCP allows the reasons in the message. */
export function denied(decision: Decision, effects: Pick<McpEffects, 'stepUp' | 'headers'>): McpRefusal {
  const { reasons } = decision;
  const { stepUp } = effects;
  // An allow whose obligations failed is refused too. Its headers are meant for the MCP server, and may hold a credential.
  const denialHeaders = isAllowed(decision) ? {} : decision.headers;
  const headers = { ...denialHeaders, ...effects.headers };
  const data = { ...denialDetails(decision), ...(stepUp !== undefined && stepUpData(stepUp)) };
  return {
    kind: 'denied',
    code: DENIED.jsonRpc,
    message: reasons.length === 0 ? DENIED_MESSAGE : `${DENIED_MESSAGE}: ${reasons.join('; ')}`,
    ...(Object.keys(data).length > 0 && { data }),
    status: DENIED.http,
    ...(stepUp !== undefined && { challenge: challengeOf(errorOf(stepUp), stepUp) }),
    ...(Object.keys(headers).length > 0 && { headers }),
  };
}

/**
 * Logs why a call was not decided or was stopped by a limit, and gives the refusal. The refusal holds neither OPA's address
 * nor the cause.
 */
export function failed(error: unknown): McpRefusal {
  const { jsonRpc, http } = codesOf(error);
  logFailure(logger, error);
  const retryAfter = retryAfterOf(error);
  const data = failureDetails(error);
  return {
    kind: data === undefined ? 'failed' : 'limited',
    code: jsonRpc,
    message: failureMessage(error),
    ...(data !== undefined && { data }),
    status: http,
    ...(retryAfter !== undefined && { retryAfter }),
  };
}

/** Whether the client has gone before the decision was made. */
export const isAborted = (error: unknown): boolean =>
  error instanceof OpaError && error.code === 'OPA_ABORTED';

/** The refusal of a result that could not be decided. The code blames the server, since the client's request was valid. */
export const failedResult = (error: unknown): McpRefusal => ({ ...failed(error), code: INTERNAL_ERROR });

/** The refusal of a request whose parameters are wrong. */
export function invalid(message: string): McpRefusal {
  return { kind: 'invalid', code: INVALID_PARAMS, message, status: 400 };
}

/** The refusal of a method that the protocol's version doesn't have. Only the modern era defines an HTTP status for it. */
export function unknownMethod(method: string, era: McpEra): McpRefusal {
  return {
    kind: 'invalid',
    code: METHOD_NOT_FOUND,
    message: `Method not found: ${method}`,
    status: era === 'modern' ? 404 : 200,
  };
}

/** RFC 6750 has an error for missing scopes, and RFC 9470 one for an authentication that is too weak or too old. */
function errorOf({ acrValues, maxAge }: StepUp): string {
  return acrValues.length > 0 || maxAge !== undefined
    ? 'insufficient_user_authentication'
    : 'insufficient_scope';
}

function stepUpData({ scopes, acrValues, maxAge }: StepUp): Readonly<Record<string, unknown>> {
  return {
    scopes,
    ...(acrValues.length > 0 && { acr_values: acrValues }),
    ...(maxAge !== undefined && { max_age: maxAge }),
  };
}
