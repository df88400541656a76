import {
  codesOf,
  DENIED,
  DENIED_MESSAGE,
  denialDetails,
  failureDetails,
  failureMessage,
} from '../../decision/index.js';
import { rpcException } from '../optional-peers.js';
import type { EnforcementPoint } from '../enforcement-point.js';

/**
 * Enforces decisions on the messages and events of microservices. The client gets the error
 * `{ status: 'error', code, message }`; a denial adds `reasons` and `decisionId` when the policy gives them,
 * and a rate limit adds `retryAfter` in seconds. The handler of
 * a denied event does not run, and the sender gets no response.
 *
 * @remarks A decision sets and removes no headers here. A client that disconnects does not abort its decision: brokers do
 * not tell, and the sender of an event need not stay. On Kafka, Nest passes the error of a refused event to kafkajs, which
 * retries the event. An exception filter that handles the error there drops the denied event.
 */
export const rpcPoint: EnforcementPoint = {
  strip: () => undefined,
  permit: () => undefined,
  whileConnected: (_context, work) => work(undefined),
  denial: (_context, decision) =>
    rpcException({ ...refusal(DENIED.rpc, DENIED_MESSAGE), ...denialDetails(decision) }),
  failure: (_context, error) =>
    rpcException({ ...refusal(codesOf(error).rpc, failureMessage(error)), ...failureDetails(error) }),
  reply: () => undefined,
  challenge: 'reasons',
};

const refusal = (code: string, message: string): object => ({ status: 'error', code, message });
