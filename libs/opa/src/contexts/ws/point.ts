import type { ExecutionContext } from '@nestjs/common';
import type { MaybePromise } from '../../contracts/index.js';
import { codesOf, DENIED, DENIED_MESSAGE, denialDetails, failureMessage } from '../../decision/index.js';
import type { WsClient } from './client.js';
import { wsClient } from './client.js';
import { stripHeaders } from '../http/headers.js';
import { wsException } from '../optional-peers.js';
import type { EnforcementPoint } from '../enforcement-point.js';

/**
 * Decisions on the messages of WebSocket clients. A refusal reaches the client as Nest's event `exception`, with
 * `{ status: 'error', code, message }`, a denial's with `reasons` and `decisionId` when the policy gives them. Policy
 * headers are taken out of the request that opened the connection; an allow's are not set there, for all messages of
 * the connection share it. A client that goes away aborts its decisions.
 *
 * @remarks Nest 11 emits the exceptions of a `ws` client on the server alone: give it a filter that sends them.
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
  failure: (_context, error) => wsException(refusal(codesOf(error).rpc, failureMessage(error))),
  reply: () => undefined,
  challenge: 'reasons',
};

const refusal = (code: string, message: string): object => ({ status: 'error', code, message });

// One listener a client, however many of its messages are being decided.
const underWay = new WeakMap<WsClient, Set<AbortController>>();

async function whileConnected<T>(
  context: ExecutionContext,
  work: (signal: AbortSignal) => MaybePromise<T>,
): Promise<T> {
  const client = wsClient(context);
  const decisions = underWay.get(client) ?? watched(client);
  const gone = new AbortController();
  if (isGone(client)) gone.abort();
  decisions.add(gone);
  try {
    return await work(gone.signal);
  } finally {
    decisions.delete(gone);
  }
}

function watched(client: WsClient): Set<AbortController> {
  const decisions = new Set<AbortController>();
  underWay.set(client, decisions);
  // On a socket.io client "close" is an event that the other side may send.
  client.once(isNative(client) ? 'close' : 'disconnect', () => {
    for (const gone of decisions) gone.abort();
  });
  return decisions;
}

const isNative = ({ readyState }: WsClient): boolean => typeof readyState === 'number';

function isGone(client: WsClient): boolean {
  return isNative(client) ? client.readyState !== 1 : client.connected === false;
}
