import type { ExecutionContext } from '@nestjs/common';
import type { EventEmitter } from 'node:events';

/** What the library uses of gRPC metadata. */
export interface GrpcMetadata {
  get(key: string): (string | Buffer)[];
  set(key: string, value: string | Buffer): void;
  add(key: string, value: string | Buffer): void;
  remove(key: string): void;
  getMap(): Record<string, unknown>;
}

/** What the library uses of a server's call of `@grpc/grpc-js`. */
export interface GrpcCall extends EventEmitter {
  readonly metadata: GrpcMetadata;
  /** The client's one message; there is none when it sends a stream. */
  readonly request?: unknown;
  readonly cancelled: boolean;
  /** Whom a guard that authenticates has found. */
  readonly user?: unknown;
  /** The full name of the method, such as `/orders.Orders/Read`. */
  getPath(): string;
  getPeer(): string;
}

/**
 * Tells whether a context's arguments hold a gRPC call: the last of three, or the first where a handler takes the
 * stream as it is. A message's own data can't pass for one, for it has no functions.
 */
export function isGrpc(context: ExecutionContext): boolean {
  return context.getArgs<unknown[]>().some(isGrpcCall);
}

/** The call of a gRPC context. */
export function grpcCall(context: ExecutionContext): GrpcCall {
  const call: unknown = context.getArgs<unknown[]>().find(isGrpcCall);
  return call as GrpcCall;
}

function isGrpcCall(value: unknown): boolean {
  const { getPath, getPeer } = (value ?? {}) as Partial<Record<keyof GrpcCall, unknown>>;
  return typeof getPath === 'function' && typeof getPeer === 'function';
}
