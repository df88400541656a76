import type { ExecutionContext } from '@nestjs/common';
import type { Decision, MaybePromise } from '../../contracts/index.js';
import {
  codesOf,
  DENIED,
  DENIED_MESSAGE,
  denialDetails,
  failureDetails,
  failureMessage,
} from '../../decision/index.js';
import type { GrpcMetadata } from './call.js';
import { grpcCall } from './call.js';
import { comparableHeader, matchesHeader } from '../../input/index.js';
import { rpcException } from '../optional-peers.js';
import type { EnforcementPoint } from '../enforcement-point.js';

/** The trailer of a denied call. It holds JSON with `reasons` and `decisionId` when the policy gives them. */
const DENIAL_TRAILER = 'opa-denial-bin';

/** The trailer with which a server tells a client how long to wait before a retry (gRPC's proposal A6). */
const PUSHBACK_TRAILER = 'grpc-retry-pushback-ms';

/** The largest trailer, in bytes. A trailer above the client's header limit would make the client lose the status. */
const MAX_TRAILER_BYTES = 4_096;

/**
 * Enforces decisions on gRPC calls.
 *
 * - A denial has status 7 (`PERMISSION_DENIED`) and the message in `details`.
 * - Its trailing metadata `opa-denial-bin` is the JSON of `{ reasons?, decisionId? }` in UTF-8. The library omits the
 *   trailer when it is empty or larger than 4 KiB.
 * - A rate limit has status 8 (`RESOURCE_EXHAUSTED`). Its trailing metadata `grpc-retry-pushback-ms` holds the time to wait.
 * - Policy headers are removed from the metadata of the call, and the headers of an allow are set there.
 * - A call that is cancelled, or exceeds its deadline, aborts its decision.
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
    refusal(context, {
      code: codesOf(error).grpc,
      message: failureMessage(error),
      ...pushback(grpcCall(context).metadata, error),
    }),
  exception: (context, exception) =>
    isStreamCall(context) ? grpcPoint.failure(context, exception) : exception,
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

// Nest passes the call itself to such a handler, as first argument.
function isStreamCall(context: ExecutionContext): boolean {
  return context.getArgByIndex<unknown>(0) === grpcCall(context);
}

// For @GrpcStreamCall, Nest does not send an error to the client, and the error becomes an unhandled rejection, which ends
// the process. So this function answers the call, and returns a promise that never settles.
function refusal(context: ExecutionContext, status: object): Promise<Error> {
  if (!isStreamCall(context)) return rpcException(status);
  const call = grpcCall(context);
  const callback = context.getArgByIndex<((status: object) => void) | undefined>(1);
  if (callback === undefined) call.emit('error', status);
  else callback(status);
  return new Promise(() => undefined);
}

function trailers(callMetadata: GrpcMetadata, decision: Decision): { metadata?: GrpcMetadata } {
  const json = Buffer.from(JSON.stringify(denialDetails(decision)));
  if (json.equals(Buffer.from('{}')) || json.length > MAX_TRAILER_BYTES) return {};
  const metadata = emptyLike(callMetadata);
  metadata.set(DENIAL_TRAILER, json);
  return { metadata };
}

// The server may have another copy of @grpc/grpc-js, so the class `Metadata` comes from the call.
function emptyLike(callMetadata: GrpcMetadata): GrpcMetadata {
  return new (callMetadata.constructor as new () => GrpcMetadata)();
}

function pushback(callMetadata: GrpcMetadata, error: unknown): { metadata?: GrpcMetadata } {
  const details = failureDetails(error);
  if (details === undefined) return {};
  const metadata = emptyLike(callMetadata);
  metadata.set(PUSHBACK_TRAILER, String(details.retryAfter * 1_000));
  return { metadata };
}

async function whileConnected<T>(
  context: ExecutionContext,
  work: (signal: AbortSignal) => MaybePromise<T>,
): Promise<T> {
  const call = grpcCall(context);
  const controller = new AbortController();
  const onCancelled = (): void => controller.abort();
  if (call.cancelled) controller.abort();
  call.once('cancelled', onCancelled);
  try {
    return await work(controller.signal);
  } finally {
    call.off('cancelled', onCancelled);
  }
}
