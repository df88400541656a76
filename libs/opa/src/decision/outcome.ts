import type { HttpExceptionOptions } from '@nestjs/common';
import { HttpException, StreamableFile } from '@nestjs/common';
import { STATUS_CODES } from 'node:http';
import type { Decision, OpaErrorCode } from '../contracts/index.js';
import { OpaError } from '../contracts/index.js';

/** The message of a denial, on every kind of route. */
export const DENIED_MESSAGE = 'Forbidden by policy';

/** A denial as an HttpException; `decision` is for exception filters and logs. */
export class OpaDeniedException extends HttpException {
  /** @param response - what the exception says. Default: the policy's own body, else the usual one */
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
  // As in Envoy the text itself; of a plain one Nest would make JSON. A content type of the policy's own wins.
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

/** What a client is told of a denial beside its code: the reasons and the id, when the policy gives them. */
export function denialDetails(decision: Decision): { reasons?: readonly string[]; decisionId?: string } {
  const { reasons, id } = decision as Partial<Decision>;
  return {
    ...(reasons !== undefined && reasons.length > 0 && { reasons }),
    ...(id !== undefined && { decisionId: id }),
  };
}

/** What an outcome is called where a request came from. */
export interface OutcomeCodes {
  readonly http: number;
  /** `extensions.code` of a GraphQL error. */
  readonly graphql: string;
  /** `code` in a WebSocket or microservice error. */
  readonly rpc: string;
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
};

/** What the error of a decision becomes, by the contract's table; whatever isn't an OpaError is a failure. */
export function codesOf(error: unknown): OutcomeCodes {
  if (!(error instanceof OpaError)) return FAILED;
  const { code, clientFault, tooLarge } = error;
  // A result that is too large is the server's own.
  if (tooLarge) return clientFault ? TOO_LARGE : FAILED;
  return clientFault ? { ...CODES[code], http: 400 } : CODES[code];
}

const MESSAGE: Readonly<Record<number, string>> = {
  400: 'The request could not be put to the policy',
  413: 'The request is too large to be put to the policy',
  500: 'The request could not be decided',
  503: 'Authorization is not available',
  504: 'Authorization took too long',
};

/** How long a client is asked to wait when no decision could be had, in seconds. */
const RETRY_AFTER_S = 1;

/** What a client is told of a decision that could not be had: no more than its kind. */
export function failureMessage(error: unknown): string {
  return MESSAGE[codesOf(error).http] ?? 'The request could not be decided';
}

/** What a failed decision becomes on HTTP: its body says no more than the status. */
export function httpFailure(error: unknown): { exception: HttpException; retryAfter: number | undefined } {
  const status = codesOf(error).http;
  const options: HttpExceptionOptions = { cause: error };
  const body = { statusCode: status, error: STATUS_CODES[status], message: failureMessage(error) };
  return { exception: new HttpException(body, status, options), retryAfter: retryAfterOf(error) };
}

/** The seconds of a `Retry-After`: OPA's own, at least 1; `undefined` where a further try would not help. */
export function retryAfterOf(error: unknown): number | undefined {
  if (codesOf(error).http !== 503) return undefined;
  const wanted = error instanceof OpaError ? (error.retryAfterMs ?? 0) : 0;
  return Math.max(RETRY_AFTER_S, Math.ceil(wanted / 1_000));
}
