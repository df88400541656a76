import type { ExecutionContext } from '@nestjs/common';
import type { MaybePromise } from '../../contracts/index.js';
import {
  codesOf,
  DENIED,
  DENIED_MESSAGE,
  denialDetails,
  failureDetails,
  failureMessage,
} from '../../decision/index.js';
import type { WsClient } from './client.js';
import { wsClient } from './client.js';
import { stripHeaders } from '../http/headers.js';
import { wsException } from '../optional-peers.js';
import type { EnforcementPoint } from '../enforcement-point.js';

/**
 * Enforces decisions on the messages of WebSocket clients.
 *
 * - The client gets a refusal as Nest's event `exception`, with `{ status: 'error', code, message }`. A denial adds
 *   `reasons` and `decisionId` when the policy gives them, and a rate limit adds `retryAfter` in seconds.
 * - Policy headers are removed from the request that opened the connection. The headers of an allow are not set there,
 *   because all messages of the connection share that request.
 * - A client that disconnects aborts its decisions.
 *
 * @remarks With `ws`, Nest 11 emits exceptions only on the server. The application needs an exception filter that sends
 * them to the client.
 */
export const wsPoint: EnforcementPoint = {
  strip: (context, patterns) => {
    const { request } = wsClient(context);
    if (request !== undefined) stripHeaders(request, patterns);
  },
  permit: () => undefined,
  whileConnected,
  denial: (_context, decision) =>
    wsException({ ...refusal(DENIED.rpc, DENIED_MESSAGE), ...denialDetails(decision) }),
  failure: (_context, error) =>
    wsException({ ...refusal(codesOf(error).rpc, failureMessage(error)), ...failureDetails(error) }),
  reply: () => undefined,
  challenge: 'reasons',
};

const refusal = (code: string, message: string): object => ({ status: 'error', code, message });

// One listener per client, for all of its messages under decision.
const pending = new WeakMap<WsClient, Set<AbortController>>();

async function whileConnected<T>(
  context: ExecutionContext,
  work: (signal: AbortSignal) => MaybePromise<T>,
): Promise<T> {
  const client = wsClient(context);
  const decisions = pending.get(client) ?? pendingOn(client);
  const controller = new AbortController();
  if (isDisconnected(client)) controller.abort();
  decisions.add(controller);
  try {
    return await work(controller.signal);
  } finally {
    decisions.delete(controller);
  }
}

function pendingOn(client: WsClient): Set<AbortController> {
  const decisions = new Set<AbortController>();
  pending.set(client, decisions);
  // A socket.io client may itself send an event "close".
  client.once(isNative(client) ? 'close' : 'disconnect', () => {
    for (const controller of decisions) controller.abort();
  });
  return decisions;
}

const isNative = ({ readyState }: WsClient): boolean => typeof readyState === 'number';

function isDisconnected(client: WsClient): boolean {
  return isNative(client) ? client.readyState !== 1 : client.connected === false;
}
