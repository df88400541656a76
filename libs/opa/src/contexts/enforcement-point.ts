import type { ExecutionContext, HttpException } from '@nestjs/common';
import type { CancelSignal, Decision, MaybePromise } from '../contracts/index.js';
import type { HttpReply } from './http/reply.js';

/** How decisions take effect on one kind of context. */
export interface EnforcementPoint {
  /** Removes the headers that only a policy may set from the request. */
  strip(context: ExecutionContext, patterns: readonly string[]): void;
  /** Applies an allow to the request: sets and removes headers. */
  permit(context: ExecutionContext, decision: Decision): void;
  /** Runs work with a signal that aborts when the client disconnects; `undefined` where the transport does not tell. */
  whileConnected<T>(
    context: ExecutionContext,
    work: (signal: CancelSignal | undefined) => MaybePromise<T>,
  ): MaybePromise<T>;
  /**
   * Decides once for all parts of one call that share the key. Adapters whose calls have no parts omit this method.
   *
   * @param by - the module instance that decides
   * @param key - the declaration and the input; only queries with the same key share a decision
   */
  once?(
    context: ExecutionContext,
    by: object,
    key: string,
    decide: () => MaybePromise<Decision>,
  ): MaybePromise<Decision>;
  /** Makes the error of a denial, in the form of the context. */
  denial(context: ExecutionContext, decision: Decision): Error | Promise<Error>;
  /** Makes the error of a failed decision, in the form of the context. The caller logs the failure. */
  failure(context: ExecutionContext, error: unknown): Error | Promise<Error>;
  /**
   * Converts an exception that the application threw while it built an input into an error of the context. Adapters
   * for which Nest's exception filters do so omit this method.
   */
  exception?(context: ExecutionContext, exception: HttpException): Error | Promise<Error>;
  /** The reply whose headers a decision may set; `undefined` where there is none. */
  reply(context: ExecutionContext): HttpReply | undefined;
  /** Where a step-up challenge (RFC 9470) goes: status 401 with `WWW-Authenticate`, or the reasons of the denial. */
  readonly challenge: 'www-authenticate' | 'reasons';
}
