import { codesOf, DENIED, DENIED_MESSAGE, denialDetails, failureMessage } from '../../decision/index.js';
import { rpcException } from '../optional-peers.js';
import type { EnforcementPoint } from '../enforcement-point.js';

/**
 * Decisions on the messages and events of microservices. The error that a client gets is
 * `{ status: 'error', code, message }`, a denial's with `reasons` and `decisionId` when the policy gives them; a
 * denied event doesn't run, and nobody is answered.
 *
 * @remarks There are no headers to take out or set. A sender that goes away aborts nothing: brokers don't tell, and
 * whoever has sent an event may leave. On Kafka, Nest hands a refused event's error to kafkajs, which tries the event
 * again; an exception filter that ends it there drops what was denied.
 */
export const rpcPoint: EnforcementPoint = {
  strip: () => undefined,
  permit: () => undefined,
  whileConnected: (_context, work) => work(undefined),
  denial: (_context, decision) =>
    rpcException({ ...refusal(DENIED.rpc, DENIED_MESSAGE), ...denialDetails(decision) }),
  failure: (_context, error) => rpcException(refusal(codesOf(error).rpc, failureMessage(error))),
  reply: () => undefined,
  challenge: 'reasons',
};

const refusal = (code: string, message: string): object => ({ status: 'error', code, message });
