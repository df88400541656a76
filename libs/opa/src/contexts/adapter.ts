import type { ExecutionContext, HttpException } from '@nestjs/common';
import type { CancelSignal, Decision, MaybePromise } from '../contracts/index.js';
import type { HttpReply } from './http/reply.js';

/** How decisions are enforced on one kind of context. */
export interface EnforcementPoint {
  /** Takes the headers that only a policy may set out of the request. */
  strip(context: ExecutionContext, patterns: readonly string[]): void;
  /** Gives the handler what an allow brings: headers set and removed. */
  permit(context: ExecutionContext, decision: Decision): void;
  /** Runs work with a signal that is aborted when the caller goes away, where that can be known. */
  whileConnected<T>(
    context: ExecutionContext,
    work: (signal: CancelSignal | undefined) => MaybePromise<T>,
  ): MaybePromise<T>;
  /**
   * Asks a question, or gives what one call has asked alike before; left out where calls have no parts.
   *
   * @param by - the module instance that decides
   * @param key - what decides, and the input: only questions alike in all of it share a decision
   */
  once?(
    context: ExecutionContext,
    by: object,
    key: string,
    ask: () => MaybePromise<Decision>,
  ): MaybePromise<Decision>;
  /** The error of a denial, in the context's own form. */
  denial(context: ExecutionContext, decision: Decision): Error | Promise<Error>;
  /** The error of a decision that could not be had, in the context's own form; it is logged elsewhere. */
  failure(context: ExecutionContext, error: unknown): Error | Promise<Error>;
  /**
   * What becomes of an exception that the application throws for its client while an input is built; left out where
   * Nest's own exception filters take care of it.
   */
  exception?(context: ExecutionContext, exception: HttpException): Error | Promise<Error>;
  /** The reply whose headers a decision may set; `undefined` where there is none. */
  reply(context: ExecutionContext): HttpReply | undefined;
}
