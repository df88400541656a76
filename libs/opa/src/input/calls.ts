import type { ExecutionContext } from '@nestjs/common';
import type { Call } from './call.js';
import type { ContextKind } from './kind.js';

/** What the builder of each kind's calls may look at. */
export interface CallOptions {
  /** The headers that a policy sees. */
  readonly headers: readonly string[];
}

type Describe = (context: ExecutionContext, options: CallOptions) => Call;

/** How each kind of context but plain HTTP is described. */
export const calls: Readonly<Partial<Record<ContextKind, Describe>>> = {};
