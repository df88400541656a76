import type { DynamicModule } from '@nestjs/common';
import type { OpaModuleOptions } from 'nestjs-opa';

/**
 * The handlers that every context's application has, guarded by `OpaGuard`, twice, and `OpaInterceptor`:
 * `read` (policy `orders/read`, response policy `orders/view`), `remove` (`orders/remove`), `open` (`@OpaPublic`),
 * `unnamed` (no policy), `shadow` (`orders/shadow`, mode permissive).
 */
export type HandlerName = 'read' | 'remove' | 'open' | 'unnamed' | 'shadow';

/** What a client receives from a call: the result or an error. */
export type CallResult =
  | { readonly result: unknown }
  | {
      readonly error: {
        /** The context's own code: a status, a text or a number. */
        readonly code: string | number;
        readonly message: string;
        readonly reasons?: readonly string[] | undefined;
        readonly decisionId?: string | undefined;
        /** The seconds to wait after a rate limit. */
        readonly retryAfter?: number | undefined;
        /** Everything else that came with it, for what must not be in it. */
        readonly rest?: unknown;
      };
    };

/** An application of one kind of context with a real client beside it. */
export interface RunningContext {
  /** Calls a handler; all take an id and give {@link order}, but `open`, which gives `open`. */
  call(handler: HandlerName, id: string): Promise<CallResult>;
  close(): Promise<void>;
}

/** One row of the suite. */
export interface ContextDriver {
  readonly name: string;
  /** The column of the contract's table of outcomes. */
  readonly column: 'http' | 'graphql' | 'rpc' | 'grpc' | 'jsonRpc';
  /** The application is in a process of its own, where the test's functions can't be. */
  readonly isOwnProcess?: true;
  /** What the policy sees as input of `read` with id `7`. */
  readonly input: Record<string, unknown>;
  /** @param opa - the module, as the application imports it, of `options`; `called` is told each handler that runs */
  start(
    opa: DynamicModule,
    called: (handler: HandlerName) => void,
    options: OpaModuleOptions,
  ): Promise<RunningContext>;
}

/** What the handlers give. */
export const order = (id: string): object => ({
  id,
  email: 'ann@example.com',
  lines: [{ sku: 'a' }, { sku: 'b' }],
});
