import type { ExecutionContext } from '@nestjs/common';
import { HttpException } from '@nestjs/common';
import type { EventEmitter } from 'node:events';
import type { MaybePromise } from '../../contracts/index.js';
import {
  codesOf,
  DENIED,
  DENIED_MESSAGE,
  denialDetails,
  failureDetails,
  failureMessage,
  OpaDeniedException,
} from '../../decision/index.js';
import { graphqlContext, graphqlRequest } from './call.js';
import { decideOnceForList } from './shared-decisions.js';
import { applyToRequest, setHeaders, stripHeaders } from '../http/headers.js';
import type { EnforcementPoint } from '../enforcement-point.js';
import type { HttpReply } from '../http/reply.js';

/** The object that emits `close` when a client disconnects: a reply, or a socket. */
type Closable = EventEmitter & { readonly destroyed: boolean };

/**
 * Enforces decisions on the fields of GraphQL operations, on any driver. A refusal becomes the error of the field, with
 * the code in `extensions`. A denial adds `reasons` and `decisionId` there when the policy gives them, and a rate
 * limit adds `retryAfter` in seconds. The policy's own
 * status and body apply only to HTTP.
 *
 * @remarks The library sets the headers of a decision on the HTTP request and reply that carried the operation. All fields
 * of the operation share these headers, and the last field overwrites the others. A handler that needs the headers of its
 * own decision reads `@OpaDecision()`.
 */
export const graphqlPoint: EnforcementPoint = {
  strip: (context, patterns) => {
    const request = graphqlRequest(context);
    if (request !== undefined) stripHeaders(request, patterns);
  },
  permit: (context, decision) => {
    const request = graphqlRequest(context);
    if (request !== undefined) applyToRequest(request, decision);
  },
  whileConnected,
  once: decideOnceForList,
  denial: (context, decision) => {
    setHeaders(findReply(context), decision.headers);
    const extensions = { code: DENIED.graphql, ...denialDetails(decision) };
    // Apollo's driver replaces the code of an exception whose response object has a status. A string response has none.
    return Object.assign(new OpaDeniedException(decision, DENIED_MESSAGE), { extensions });
  },
  failure: (_context, error) => {
    const { graphql: code, http } = codesOf(error);
    const exception = new HttpException(failureMessage(error), http, { cause: error });
    return Object.assign(exception, { extensions: { code, ...failureDetails(error) } });
  },
  reply: findReply,
  challenge: 'reasons',
};

function findReply(context: ExecutionContext): HttpReply | undefined {
  const { reply, res, req } = graphqlContext(context);
  return [reply, res, req?.res].find(isReply);
}

function isReply(value: unknown): value is HttpReply {
  const { header, getHeaders } = (value ?? {}) as Partial<Record<keyof HttpReply, unknown>>;
  return typeof header === 'function' && typeof getHeaders === 'function';
}

// One listener per connection, for all fields under decision: Node warns of a leak at more than ten listeners.
const pending = new WeakMap<Closable, Set<AbortController>>();

async function whileConnected<T>(
  context: ExecutionContext,
  work: (signal: AbortSignal | undefined) => MaybePromise<T>,
): Promise<T> {
  const connection = connectionOf(context);
  if (connection === undefined) return work(undefined);
  const controller = new AbortController();
  if (connection.destroyed) controller.abort();
  const all = pendingOn(connection);
  all.add(controller);
  try {
    return await work(controller.signal);
  } finally {
    all.delete(controller);
  }
}

function pendingOn(connection: Closable): Set<AbortController> {
  let all = pending.get(connection);
  if (all === undefined) {
    const added = new Set<AbortController>();
    connection.once('close', () => added.forEach((controller) => controller.abort()));
    pending.set(connection, added);
    all = added;
  }
  return all;
}

// A subscription has no reply. Its connection closes instead.
function connectionOf(context: ExecutionContext): Closable | undefined {
  const reply = findReply(context);
  if (reply !== undefined) return reply.raw ?? (reply as unknown as Closable);
  const request = graphqlRequest(context) as { raw?: { socket?: Closable }; socket?: Closable } | undefined;
  return request?.raw?.socket ?? request?.socket;
}
