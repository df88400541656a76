import { Logger } from '@nestjs/common';
import type { Decision } from 'nestjs-opa';
import { OpaError } from 'nestjs-opa';
import {
  codesOf,
  DENIED,
  DENIED_MESSAGE,
  denialDetails,
  failureMessage,
  logFailure,
} from 'nestjs-opa/internal';
import type { McpEra } from '../protocol/call.js';
import type { McpRefusal } from './enforcer.js';
import { INTERNAL_ERROR, INVALID_PARAMS, METHOD_NOT_FOUND } from '../protocol/parse.js';

const logger = new Logger('OpaMcp');

/** The refusal of a denied call; its reasons fill the message, as COAZ-MCP allows. */
export function denied(decision: Decision, scopes: readonly string[] | undefined): McpRefusal {
  const { reasons, headers } = decision;
  // Those of an allow that couldn't be kept were meant for the server, and may hold its credential.
  const isDenial = (decision.allowed as unknown) !== true;
  const data = { ...denialDetails(decision), ...(scopes !== undefined && { scopes }) };
  return {
    kind: 'denied',
    code: DENIED.jsonRpc,
    message: reasons.length === 0 ? DENIED_MESSAGE : `${DENIED_MESSAGE}: ${reasons.join('; ')}`,
    ...(Object.keys(data).length > 0 && { data }),
    status: DENIED.http,
    ...(scopes !== undefined && { challenge: challengeOf(scopes) }),
    ...(headers !== undefined && isDenial && { headers }),
  };
}

/** The refusal of a call that could not be decided; address and cause go to the log alone. */
export function failed(error: unknown): McpRefusal {
  const { jsonRpc, http } = codesOf(error);
  logFailure(logger, error);
  return { kind: 'failed', code: jsonRpc, message: failureMessage(error), status: http };
}

/** Whether nobody waits for the decision any more. */
export const isAborted = (error: unknown): boolean =>
  error instanceof OpaError && error.code === 'OPA_ABORTED';

/** The refusal of a result that could not be decided: whatever is wrong with it, the client's request was not. */
export const failedResult = (error: unknown): McpRefusal => ({ ...failed(error), code: INTERNAL_ERROR });

/** The refusal of a request whose parameters are wrong. */
export function invalid(message: string): McpRefusal {
  return { kind: 'invalid', code: INVALID_PARAMS, message, status: 400 };
}

/** The refusal of a method that the protocol's version doesn't have; only the newer era has an HTTP status for it. */
export function unknownMethod(method: string, era: McpEra): McpRefusal {
  return {
    kind: 'invalid',
    code: METHOD_NOT_FOUND,
    message: `Method not found: ${method}`,
    status: era === 'modern' ? 404 : 200,
  };
}

function challengeOf(scopes: readonly string[]): string {
  const scope = scopes.length === 0 ? '' : `, scope="${scopes.join(' ')}"`;
  return `error="insufficient_scope"${scope}`;
}
