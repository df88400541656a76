import type { ExecutionContext } from '@nestjs/common';

/** The kinds of context that can be decided. */
export type ContextKind = 'http' | 'graphql' | 'ws' | 'rpc' | 'grpc' | 'mcp';

/** Tells what kind of context this is; `undefined` for one that isn't known, which must be refused. */
export function kindOf(context: ExecutionContext): ContextKind | undefined {
  const type = context.getType<string>();
  return type === 'http' ? type : undefined;
}
