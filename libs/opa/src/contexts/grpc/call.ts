import type { ExecutionContext } from '@nestjs/common';
import type { EventEmitter } from 'node:events';

/** The methods of gRPC `Metadata` that the library uses. */
export interface GrpcMetadata {
  get(key: string): (string | Buffer)[];
  set(key: string, value: string | Buffer): void;
  add(key: string, value: string | Buffer): void;
  remove(key: string): void;
  getMap(): Record<string, unknown>;
}

/** The members of a server call of `@grpc/grpc-js` that the library uses. */
export interface GrpcCall extends EventEmitter {
  readonly metadata: GrpcMetadata;
  /** The message of the client; `undefined` when the client sends a stream. */
  readonly request?: unknown;
  readonly cancelled: boolean;
  /** The user, if an authenticating guard has set it. */
  readonly user?: unknown;
  /** The full name of the method, such as `/orders.Orders/Read`. */
  getPath(): string;
  getPeer(): string;
}

/**
 * Tells whether the arguments of a context include a gRPC call. The call is the last of three arguments, or the first
 * for `@GrpcStreamCall()`. The data of a message can't imitate a call, because data has no functions.
 */
export function isGrpc(context: ExecutionContext): boolean {
  return context.getArgs<unknown[]>().some(isGrpcCall);
}

/** Returns the server call of a gRPC context. */
export function grpcCall(context: ExecutionContext): GrpcCall {
  const call: unknown = context.getArgs<unknown[]>().find(isGrpcCall);
  return call as GrpcCall;
}

function isGrpcCall(value: unknown): boolean {
  const { getPath, getPeer } = (value ?? {}) as Partial<Record<keyof GrpcCall, unknown>>;
  return typeof getPath === 'function' && typeof getPeer === 'function';
}
