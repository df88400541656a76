import type { HttpExceptionOptions } from '@nestjs/common';
import { HttpException } from '@nestjs/common';
import { STATUS_CODES } from 'node:http';
import type { Decision, OpaErrorCode } from '../contracts/index.js';
import { OpaError } from '../contracts/index.js';

/** A denial as an HttpException; `decision` is for exception filters and logs. */
export class OpaDeniedException extends HttpException {
  constructor(readonly decision: Decision) {
    const status = decision.status ?? 403;
    super(
      (decision.body as string | Record<string, unknown> | undefined) ?? denialBody(decision, status),
      status,
    );
  }
}

function denialBody(decision: Decision, status: number): Record<string, unknown> {
  const { reasons, id } = decision as Partial<Decision>;
  return {
    statusCode: status,
    error: STATUS_CODES[status] ?? 'Denied',
    message: status === 403 ? 'Forbidden by policy' : 'Denied by policy',
    ...(reasons !== undefined && reasons.length > 0 && { reasons }),
    ...(id !== undefined && { decisionId: id }),
  };
}

const STATUS: Readonly<Record<OpaErrorCode, number>> = {
  OPA_UNREACHABLE: 503,
  OPA_CIRCUIT_OPEN: 503,
  OPA_OVERLOADED: 503,
  OPA_CLOSED: 503,
  OPA_ABORTED: 503,
  OPA_TIMEOUT: 504,
  OPA_BAD_ANSWER: 500,
  OPA_BAD_DECISION: 500,
  OPA_POLICY_ERROR: 500,
  OPA_UNAUTHORIZED: 500,
  OPA_BAD_INPUT: 500,
  OPA_BAD_OPTIONS: 500,
  OPA_BAD_BUNDLE: 500,
};

const MESSAGE: Readonly<Record<number, string>> = {
  400: 'The request could not be put to the policy',
  500: 'The request could not be decided',
  503: 'Authorization is not available',
  504: 'Authorization took too long',
};

/** How long a client is asked to wait when no decision could be had, in seconds. */
const RETRY_AFTER_S = 1;

/** What a failed decision becomes on HTTP: its body says no more than the status. */
export function httpFailure(error: unknown): { exception: HttpException; retryAfter: number | undefined } {
  const failure = error instanceof OpaError ? error : undefined;
  const status = failure?.clientFault === true ? 400 : failure === undefined ? 500 : STATUS[failure.code];
  const options: HttpExceptionOptions = { cause: error };
  const body = { statusCode: status, error: STATUS_CODES[status], message: MESSAGE[status] };
  const wait = failure?.retryAfterMs === undefined ? RETRY_AFTER_S : Math.ceil(failure.retryAfterMs / 1_000);
  return {
    exception: new HttpException(body, status, options),
    retryAfter: status === 503 ? Math.max(RETRY_AFTER_S, wait) : undefined,
  };
}
