import { allMethods, methodOf } from '../protocol/methods/index.js';
import type { ContentMethod, Hook, HookRule, HookTarget } from '../protocol/methods/index.js';

/** The hooks that this package asks, before and after the call of each method that has hooks. */
export const HOOKS: readonly Hook[] = allMethods().flatMap(({ contextforge }) =>
  contextforge === undefined ? [] : [contextforge.before, contextforge.after],
);

/** Hooks of ContextForge for which no MCP method exists. The file may list them; they have no effect. */
export const OTHER_HOOKS: readonly string[] = [
  'agent_pre_invoke',
  'agent_post_invoke',
  'http_pre_request',
  'http_post_request',
  'http_auth_resolve_user',
  'http_auth_check_permission',
];

/** A method that plugins decide: its row of the method table, and the row's hooks. */
export interface HookedMethod {
  readonly method: ContentMethod;
  readonly hooks: HookRule;
}

/** The hooks of a method; `undefined` for a method that plugins let pass. */
export function hookedMethod(name: string): HookedMethod | undefined {
  const method = methodOf(name);
  if (method?.contextforge === undefined) return undefined;
  return { method, hooks: method.contextforge };
}

/** The hooks of tools, prompts or resources. */
export function hooksOf(target: HookTarget): readonly Hook[] {
  return HOOKS.filter((hook) => hook.startsWith(`${target}_`));
}
