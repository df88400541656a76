import type { ExecutionContext } from '@nestjs/common';
import { HttpException } from '@nestjs/common';
import type { EventEmitter } from 'node:events';
import type { MaybePromise } from '../../contracts/index.js';
import {
  codesOf,
  DENIED,
  DENIED_MESSAGE,
  denialDetails,
  failureMessage,
  OpaDeniedException,
} from '../../decision/index.js';
import { graphqlContext, graphqlRequest } from './call.js';
import { askOnceForList } from './shared-decisions.js';
import { applyToRequest, setHeaders, stripHeaders } from '../http/headers.js';
import type { EnforcementPoint } from '../enforcement-point.js';
import type { HttpReply } from '../http/reply.js';

/** What a client's leaving closes: a reply, or a connection. */
type Line = EventEmitter & { readonly destroyed: boolean };

/**
 * Decisions on the fields of GraphQL operations, on any driver. A refusal is the field's error, with the code in its
 * `extensions`, a denial's with `reasons` and `decisionId` when the policy gives them; the policy's own status and body
 * are for HTTP.
 *
 * @remarks The headers of a decision go to the HTTP request and reply that carried the operation. All fields of the
 * operation share them, and the last one's win: a handler that must not see another field's reads `@OpaDecision()`.
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
  once: askOnceForList,
  denial: (context, decision) => {
    setHeaders(findReply(context), decision.headers);
    const extensions = { code: DENIED.graphql, ...denialDetails(decision) };
    // Apollo's driver replaces the code of an exception whose response has a status: this one's is a text.
    return Object.assign(new OpaDeniedException(decision, DENIED_MESSAGE), { extensions });
  },
  failure: (_context, error) => {
    const { graphql: code, http } = codesOf(error);
    const exception = new HttpException(failureMessage(error), http, { cause: error });
    return Object.assign(exception, { extensions: { code } });
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

// One listener a line, however many fields are decided at once: Node takes more than ten for a leak.
const deciding = new WeakMap<Line, Set<AbortController>>();

async function whileConnected<T>(
  context: ExecutionContext,
  work: (signal: AbortSignal | undefined) => MaybePromise<T>,
): Promise<T> {
  const line = lineOf(context);
  if (line === undefined) return work(undefined);
  const gone = new AbortController();
  if (line.destroyed) gone.abort();
  const all = decidingOn(line);
  all.add(gone);
  try {
    return await work(gone.signal);
  } finally {
    all.delete(gone);
  }
}

function decidingOn(line: Line): Set<AbortController> {
  let all = deciding.get(line);
  if (all === undefined) {
    const added = new Set<AbortController>();
    line.once('close', () => added.forEach((gone) => gone.abort()));
    deciding.set(line, added);
    all = added;
  }
  return all;
}

// A subscription has no reply, but the connection that it came on.
function lineOf(context: ExecutionContext): Line | undefined {
  const reply = findReply(context);
  if (reply !== undefined) return reply.raw ?? (reply as unknown as Line);
  const request = graphqlRequest(context) as { raw?: { socket?: Line }; socket?: Line } | undefined;
  return request?.raw?.socket ?? request?.socket;
}
