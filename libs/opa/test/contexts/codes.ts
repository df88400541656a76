import type { OpaErrorCode } from 'nestjs-opa';

/** The table of outcomes in the contract, by column. */
export const CODES = {
  http: {
    deny: 403,
    UNAVAILABLE: 503,
    LATE: 504,
    FAILED: 500,
    BAD_INPUT: 500,
    TOO_LARGE: 413,
    RATE_LIMITED: 429,
  },
  graphql: {
    deny: 'FORBIDDEN',
    UNAVAILABLE: 'UNAVAILABLE',
    LATE: 'TIMEOUT',
    FAILED: 'INTERNAL_SERVER_ERROR',
    BAD_INPUT: 'BAD_USER_INPUT',
    TOO_LARGE: 'BAD_USER_INPUT',
    RATE_LIMITED: 'TOO_MANY_REQUESTS',
  },
  rpc: {
    deny: 'FORBIDDEN',
    UNAVAILABLE: 'UNAVAILABLE',
    LATE: 'TIMEOUT',
    FAILED: 'INTERNAL',
    BAD_INPUT: 'BAD_REQUEST',
    TOO_LARGE: 'BAD_REQUEST',
    RATE_LIMITED: 'TOO_MANY_REQUESTS',
  },
  grpc: { deny: 7, UNAVAILABLE: 14, LATE: 4, FAILED: 13, BAD_INPUT: 3, TOO_LARGE: 3, RATE_LIMITED: 8 },
  jsonRpc: {
    deny: -32001,
    UNAVAILABLE: -32603,
    LATE: -32603,
    FAILED: -32603,
    BAD_INPUT: -32602,
    TOO_LARGE: -32602,
    RATE_LIMITED: -32029,
  },
} as const;

/** The row of the table for each error of a decision. */
export const FAILURES: readonly [OpaErrorCode, 'UNAVAILABLE' | 'LATE' | 'FAILED' | 'BAD_INPUT'][] = [
  ['OPA_UNREACHABLE', 'UNAVAILABLE'],
  ['OPA_CIRCUIT_OPEN', 'UNAVAILABLE'],
  ['OPA_OVERLOADED', 'UNAVAILABLE'],
  ['OPA_CLOSED', 'UNAVAILABLE'],
  ['OPA_TIMEOUT', 'LATE'],
  ['OPA_BAD_ANSWER', 'FAILED'],
  ['OPA_BAD_DECISION', 'FAILED'],
  ['OPA_POLICY_ERROR', 'FAILED'],
  ['OPA_UNAUTHORIZED', 'FAILED'],
  ['OPA_BAD_INPUT', 'BAD_INPUT'],
];
