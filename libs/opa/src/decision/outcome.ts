import type { HttpExceptionOptions } from '@nestjs/common';
import { HttpException, StreamableFile } from '@nestjs/common';
import { STATUS_CODES } from 'node:http';
import type { Decision, OpaErrorCode } from '../contracts/index.js';
import { OpaError } from '../contracts/index.js';

/** The message of a denial, on every kind of route. */
export const DENIED_MESSAGE = 'Forbidden by policy';

/**
 * A denial as an HttpException.
 *
 * @example
 * ```ts
 * import { Catch } from '@nestjs/common';
 * import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
 * import type { Response } from 'express';
 * import { OpaDeniedException } from 'nestjs-opa';
 *
 * @Catch(OpaDeniedException)
 * export class DeniedFilter implements ExceptionFilter<OpaDeniedException> {
 *   catch({ decision }: OpaDeniedException, host: ArgumentsHost): void {
 *     host.switchToHttp().getResponse<Response>().status(403).json({ reasons: decision.reasons });
 *   }
 * }
 * ```
 */
export class OpaDeniedException extends HttpException {
  /** @param response - the body. Default: the policy's body, or a JSON object with status, message and reasons */
  constructor(
    readonly decision: Decision,
    response: string | object = responseOf(decision),
  ) {
    super(response, decision.status ?? 403);
  }
}

function responseOf(decision: Decision): object {
  const { body, status = 403 } = decision;
  if (body === undefined || body === null) return denialBody(decision, status);
  if (typeof body === 'object') return body;
  // As in Envoy, the text is sent unchanged. Nest would send a plain string as JSON, but not a StreamableFile. A content
  // type that the policy sets wins.
  const message = typeof body === 'string' ? body : JSON.stringify(body);
  const bytes = Buffer.from(message);
  const file = new StreamableFile(bytes, { type: 'text/plain; charset=utf-8', length: bytes.length });
  return Object.assign(file, { message });
}

function denialBody(decision: Decision, status: number): Record<string, unknown> {
  return {
    statusCode: status,
    error: STATUS_CODES[status] ?? 'Denied',
    message: status === 403 ? DENIED_MESSAGE : 'Denied by policy',
    ...denialDetails(decision),
  };
}

/** The part of a denial that the client may see: the reasons and the decision's id, when there are any. */
export function denialDetails(decision: Decision): { reasons?: readonly string[]; decisionId?: string } {
  const { reasons, id } = decision as Partial<Decision>;
  return {
    ...(reasons !== undefined && reasons.length > 0 && { reasons }),
    ...(id !== undefined && { decisionId: id }),
  };
}

/** The codes of one outcome in each protocol. */
export interface OutcomeCodes {
  /** The HTTP status. */
  readonly http: number;
  /** `extensions.code` of a GraphQL error. */
  readonly graphql: string;
  /** `code` in a WebSocket or microservice error. */
  readonly rpc: string;
  /** The gRPC status code. */
  readonly grpc: number;
  /** The code of a JSON-RPC error. */
  readonly jsonRpc: number;
}

const codes = (http: number, graphql: string, rpc: string, grpc: number, jsonRpc: number): OutcomeCodes => ({
  http,
  graphql,
  rpc,
  grpc,
  jsonRpc,
});

/** A denial and an undefined policy. */
export const DENIED = codes(403, 'FORBIDDEN', 'FORBIDDEN', 7, -32001);
const UNAVAILABLE = codes(503, 'UNAVAILABLE', 'UNAVAILABLE', 14, -32603);
const LATE = codes(504, 'TIMEOUT', 'TIMEOUT', 4, -32603);
const FAILED = codes(500, 'INTERNAL_SERVER_ERROR', 'INTERNAL', 13, -32603);
const BAD_INPUT = codes(500, 'BAD_USER_INPUT', 'BAD_REQUEST', 3, -32602);
const TOO_LARGE = { ...BAD_INPUT, http: 413 };
const RATE_LIMITED = codes(429, 'TOO_MANY_REQUESTS', 'TOO_MANY_REQUESTS', 8, -32029);

const CODES: Readonly<Record<OpaErrorCode, OutcomeCodes>> = {
  OPA_UNREACHABLE: UNAVAILABLE,
  OPA_CIRCUIT_OPEN: UNAVAILABLE,
  OPA_OVERLOADED: UNAVAILABLE,
  OPA_CLOSED: UNAVAILABLE,
  OPA_ABORTED: UNAVAILABLE,
  OPA_TIMEOUT: LATE,
  OPA_BAD_ANSWER: FAILED,
  OPA_BAD_DECISION: FAILED,
  OPA_POLICY_ERROR: FAILED,
  OPA_UNAUTHORIZED: FAILED,
  OPA_BAD_INPUT: BAD_INPUT,
  OPA_BAD_OPTIONS: FAILED,
  OPA_BAD_BUNDLE: FAILED,
  OPA_RATE_LIMITED: RATE_LIMITED,
  OPA_LIMITER_UNAVAILABLE: UNAVAILABLE,
};

/** Gives the codes of a failed decision. Every error that isn't an OpaError counts as an internal failure. */
export function codesOf(error: unknown): OutcomeCodes {
  if (!(error instanceof OpaError)) return FAILED;
  const { code, clientFault, tooLarge } = error;
  // The server made a result that is too large; the client did not.
  if (tooLarge) return clientFault ? TOO_LARGE : FAILED;
  return clientFault ? { ...CODES[code], http: 400 } : CODES[code];
}

const MESSAGE: Readonly<Record<number, string>> = {
  400: 'The request could not be evaluated',
  413: 'The request is too large to be evaluated',
  429: 'Too many requests',
  500: 'The request could not be decided',
  503: 'Authorization is not available',
  504: 'Authorization took too long',
};

/** The shortest `Retry-After` for clients, in seconds. */
const RETRY_AFTER_S = 1;

/** The message for the client of a failed decision. It tells no more than the kind of failure. */
export function failureMessage(error: unknown): string {
  return MESSAGE[codesOf(error).http] ?? 'The request could not be decided';
}

/** Converts a failed decision to an HttpException. The body tells no more than the status. */
export function httpFailure(error: unknown): { exception: HttpException; retryAfter: number | undefined } {
  const status = codesOf(error).http;
  const options: HttpExceptionOptions = { cause: error };
  const body = { statusCode: status, error: STATUS_CODES[status], message: failureMessage(error) };
  return { exception: new HttpException(body, status, options), retryAfter: retryAfterOf(error) };
}

/** The part of a failure that the client may see on every kind of route: the seconds to wait after a rate limit. */
export function failureDetails(error: unknown): { readonly retryAfter: number } | undefined {
  const retryAfter = codesOf(error) === RATE_LIMITED ? retryAfterOf(error) : undefined;
  return retryAfter === undefined ? undefined : { retryAfter };
}

/** The seconds of `Retry-After`: the value of the error, at least 1; `undefined` when a retry would not help. */
export function retryAfterOf(error: unknown): number | undefined {
  const { http } = codesOf(error);
  if (http !== 503 && http !== 429) return undefined;
  const retryAfterMs = error instanceof OpaError ? (error.retryAfterMs ?? 0) : 0;
  return Math.max(RETRY_AFTER_S, Math.ceil(retryAfterMs / 1_000));
}
