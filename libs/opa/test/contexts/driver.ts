import type { DynamicModule } from '@nestjs/common';
import type { OpaModuleOptions } from 'nestjs-opa';

/**
 * The handlers of every application under test. `OpaGuard` (registered twice) and `OpaInterceptor` run on them:
 * `read` (policy `orders/read`, response policy `orders/view`), `remove` (`orders/remove`), `open` (`@OpaPublic`),
 * `unnamed` (no policy), `shadow` (`orders/shadow`, mode permissive).
 */
export type HandlerName = 'read' | 'remove' | 'open' | 'unnamed' | 'shadow';

/** What a client receives from a call: the result or an error. */
export type CallResult =
  | { readonly result: unknown }
  | {
      readonly error: {
        /** The code of the context: a status, a string or a number. */
        readonly code: string | number;
        readonly message: string;
        readonly reasons?: readonly string[] | undefined;
        readonly decisionId?: string | undefined;
        /** The seconds to wait after a rate limit. */
        readonly retryAfter?: number | undefined;
        /** The other parts of the error. Tests check that they hold no secrets. */
        readonly rest?: unknown;
      };
    };

/** A running application of one kind of context, and a real client. */
export interface RunningContext {
  /** Calls a handler with an id. The handler returns {@link order}; only `open` returns `open`. */
  call(handler: HandlerName, id: string): Promise<CallResult>;
  close(): Promise<void>;
}

/** One row of the suite. */
export interface ContextDriver {
  readonly name: string;
  /** The column of the contract's table of outcomes. */
  readonly column: 'http' | 'graphql' | 'rpc' | 'grpc' | 'jsonRpc';
  /** The application runs in another process, so tests cannot pass functions to it. */
  readonly isOwnProcess?: true;
  /** The input of the policy of `read` with id `7`. */
  readonly input: Record<string, unknown>;
  /** @param opa - the module with `options`, which the application imports. `called` gets the name of each handler that runs */
  start(
    opa: DynamicModule,
    called: (handler: HandlerName) => void,
    options: OpaModuleOptions,
  ): Promise<RunningContext>;
}

/** The result of the handlers. */
export const order = (id: string): object => ({
  id,
  email: 'ann@example.com',
  lines: [{ sku: 'a' }, { sku: 'b' }],
});
