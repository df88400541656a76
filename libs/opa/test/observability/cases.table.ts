import type { OpaDecisionEvent, OpaModuleOptions } from 'nestjs-opa';
import { ALLOW } from './orders.app.js';

/** The trace id of every request of the tests. */
export const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';

/** A request, and what its decision event says. */
export interface Case {
  readonly path: string;
  readonly options?: OpaModuleOptions;
  readonly status: number;
  readonly event: Partial<OpaDecisionEvent>;
}

const GUARD = {
  point: 'guard',
  phase: 'request',
  kind: 'http',
  traceId: TRACE_ID,
  requestId: 'r-1',
} as const;
const STOPPED = { enforced: 'stop', cached: false, errorCode: undefined } as const;
const PASSED = { enforced: 'pass', cached: false, errorCode: undefined } as const;

/** Every kind of decision. */
export const CASES: Readonly<Record<string, Case>> = {
  'an allow of the guard': {
    path: 'allowed/7',
    status: 200,
    event: {
      ...GUARD,
      ...PASSED,
      policy: 'allow',
      outcome: 'allow',
      engine: 'test',
      reasons: ['owner'],
      route: 'GET /orders/allowed/:id',
      subject: { type: 'anonymous' },
      result: ALLOW,
    },
  },
  'a denial of the guard': {
    path: 'denied',
    status: 403,
    event: { ...GUARD, ...STOPPED, outcome: 'deny', reasons: ['closed'] },
  },
  'an undefined policy': {
    path: 'undefined',
    status: 403,
    event: { ...GUARD, ...STOPPED, outcome: 'undefined', result: undefined },
  },
  'a failed decision': {
    path: 'failed',
    status: 503,
    event: { ...GUARD, ...STOPPED, outcome: 'error', errorCode: 'OPA_UNREACHABLE' },
  },
  'fail-open': {
    path: 'failed',
    options: { onUnavailable: 'allow' },
    status: 200,
    event: {
      ...GUARD,
      enforced: 'pass',
      outcome: 'unavailable',
      degraded: 'fail-open',
      errorCode: 'OPA_UNREACHABLE',
    },
  },
  'a denial in permissive mode': {
    path: 'denied',
    options: { mode: 'permissive' },
    status: 200,
    event: { ...GUARD, ...PASSED, outcome: 'deny', degraded: 'permissive', reasons: ['closed'] },
  },
  'a failure in permissive mode': {
    path: 'failed',
    options: { mode: 'permissive' },
    status: 200,
    event: { ...GUARD, enforced: 'pass', outcome: 'unavailable', degraded: 'permissive' },
  },
  'mode disabled': {
    path: 'denied',
    options: { mode: 'disabled' },
    status: 200,
    event: { ...GUARD, ...PASSED, outcome: 'allow', engine: 'disabled' },
  },
  'a response policy': {
    path: 'viewed',
    status: 200,
    event: {
      ...PASSED,
      point: 'interceptor',
      phase: 'response',
      policy: 'view',
      kind: 'http',
      traceId: TRACE_ID,
    },
  },
  'a handler without a policy': {
    path: 'unguarded',
    status: 403,
    event: {
      ...GUARD,
      ...STOPPED,
      policy: '',
      outcome: 'deny',
      engine: 'guard',
      route: 'GET /orders/unguarded',
    },
  },
  'an input that can not be built': {
    path: 'input',
    status: 500,
    event: { ...GUARD, ...STOPPED, policy: 'allow', outcome: 'error', errorCode: 'OPA_BAD_INPUT' },
  },
  'an input that can not be built, in permissive mode': {
    path: 'input',
    options: { mode: 'permissive' },
    status: 200,
    event: { ...GUARD, enforced: 'pass', outcome: 'unavailable', errorCode: 'OPA_BAD_INPUT' },
  },
  'an input that is too large': {
    path: 'allowed/7',
    options: { input: { maxBytes: 10 } },
    status: 413,
    event: { ...GUARD, ...STOPPED, outcome: 'error', errorCode: 'OPA_BAD_INPUT' },
  },
  'a filtered list': {
    path: 'list',
    status: 200,
    event: {
      ...PASSED,
      point: 'list',
      phase: 'response',
      policy: 'visible',
      subject: { id: 'ann' },
      result: [0],
    },
  },
  'the code of a handler': {
    path: 'code',
    status: 403,
    event: {
      ...STOPPED,
      point: 'code',
      outcome: 'deny',
      subject: { id: 'ann' },
      kind: undefined,
      traceId: undefined,
    },
  },
};
