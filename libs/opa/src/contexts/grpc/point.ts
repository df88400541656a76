import type { ExecutionContext } from '@nestjs/common';
import type { Decision, MaybePromise } from '../../contracts/index.js';
import { codesOf, DENIED, DENIED_MESSAGE, denialDetails, failureMessage } from '../../decision/index.js';
import type { GrpcMetadata } from './call.js';
import { grpcCall } from './call.js';
import { comparableHeader, matchesHeader } from '../../input/index.js';
import { rpcException } from '../optional-peers.js';
import type { EnforcementPoint } from '../enforcement-point.js';

/** The trailer of a denied call: JSON with `reasons` and `decisionId`, when the policy gives them. */
const DENIAL_TRAILER = 'opa-denial-bin';

/** How large the trailer may be, in bytes: beyond a client's limit of headers it would hide the status itself. */
const MAX_TRAILER_BYTES = 4_096;

/**
 * Decisions on gRPC calls. A denial is status 7 with the message in `details`, and with the trailing metadata
 * `opa-denial-bin`: the JSON of `{ reasons?, decisionId? }` in UTF-8, left out when it is empty or larger than 4 KiB.
 * The metadata of the call is what headers are on HTTP: policy headers are taken out of it, an allow's are set in it.
 * A call that is cancelled, or past its deadline, aborts its decision.
 */
export const grpcPoint: EnforcementPoint = {
  strip: (context, patterns) => drop(grpcCall(context).metadata, (name) => matchesHeader(name, patterns)),
  permit: (context, decision) => applyToMetadata(grpcCall(context).metadata, decision),
  whileConnected,
  denial: (context, decision) =>
    refusal(context, {
      code: DENIED.grpc,
      message: DENIED_MESSAGE,
      ...trailers(grpcCall(context).metadata, decision),
    }),
  failure: (context, error) =>
    refusal(context, { code: codesOf(error).grpc, message: failureMessage(error) }),
  exception: (context, exception) =>
    isTakenOver(context) ? grpcPoint.failure(context, exception) : exception,
  reply: () => undefined,
  challenge: 'reasons',
};

function applyToMetadata(metadata: GrpcMetadata, decision: Decision): void {
  const { headers = {}, removeHeaders = [] } = decision;
  const dropped = [...removeHeaders, ...Object.keys(headers)].map(comparableHeader);
  if (dropped.length > 0) drop(metadata, (name) => dropped.includes(comparableHeader(name)));
  for (const [name, values] of Object.entries(headers)) {
    for (const value of [values].flat()) metadata.add(name, value);
  }
}

function drop(metadata: GrpcMetadata, isDropped: (name: string) => boolean): void {
  for (const name of Object.keys(metadata.getMap())) if (isDropped(name)) metadata.remove(name);
}

// Such a handler (@GrpcStreamCall) is given the call itself.
function isTakenOver(context: ExecutionContext): boolean {
  return context.getArgByIndex<unknown>(0) === grpcCall(context);
}

// Of a handler that takes the stream itself Nest tells no client that it was refused, and lets the
// error become an unhandled rejection, which ends the process. So the call is answered here, and Nest left waiting.
function refusal(context: ExecutionContext, status: object): Promise<Error> {
  if (!isTakenOver(context)) return rpcException(status);
  const call = grpcCall(context);
  const answer = context.getArgByIndex<((status: object) => void) | undefined>(1);
  if (answer === undefined) call.emit('error', status);
  else answer(status);
  return new Promise(() => undefined);
}

// The class comes from the call, so that it is the server's own.
function trailers(like: GrpcMetadata, decision: Decision): { metadata?: GrpcMetadata } {
  const json = Buffer.from(JSON.stringify(denialDetails(decision)));
  if (json.equals(Buffer.from('{}')) || json.length > MAX_TRAILER_BYTES) return {};
  const metadata = new (like.constructor as new () => GrpcMetadata)();
  metadata.set(DENIAL_TRAILER, json);
  return { metadata };
}

async function whileConnected<T>(
  context: ExecutionContext,
  work: (signal: AbortSignal) => MaybePromise<T>,
): Promise<T> {
  const call = grpcCall(context);
  const gone = new AbortController();
  const onCancelled = (): void => gone.abort();
  if (call.cancelled) gone.abort();
  call.once('cancelled', onCancelled);
  try {
    return await work(gone.signal);
  } finally {
    call.off('cancelled', onCancelled);
  }
}
