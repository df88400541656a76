import type { MethodRule } from '../protocol/methods.js';

/** The plugin's hooks that are asked here, before and after a call. */
export const HOOKS = [
  'tool_pre_invoke',
  'tool_post_invoke',
  'prompt_pre_fetch',
  'prompt_post_fetch',
  'resource_pre_fetch',
  'resource_post_fetch',
] as const;

/** One of the plugin's hooks. */
export type Hook = (typeof HOOKS)[number];

/** Hooks of the original system that nothing here comes to. */
export const OTHER_HOOKS: readonly string[] = [
  'agent_pre_invoke',
  'agent_post_invoke',
  'http_pre_request',
  'http_post_request',
  'http_auth_resolve_user',
  'http_auth_check_permission',
];

/** What the plugin decides about. */
export type Target = 'tool' | 'prompt' | 'resource';

/** How a method is decided. */
export interface Point {
  readonly target: Target;
  readonly before: Hook;
  readonly after: Hook;
  /** What its parameters must be. */
  readonly rule: MethodRule & { readonly named: 'name' | 'uri' };
  /** What the payload calls the name, id or URI. */
  readonly key: 'name' | 'prompt_id' | 'uri';
  /** Where the result's items stand. */
  readonly items: 'content' | 'messages' | 'contents';
}

const POINTS: Readonly<Record<string, Point>> = {
  'tools/call': {
    target: 'tool',
    before: 'tool_pre_invoke',
    after: 'tool_post_invoke',
    rule: { type: 'tool', named: 'name', hasResult: true },
    key: 'name',
    items: 'content',
  },
  'prompts/get': {
    target: 'prompt',
    before: 'prompt_pre_fetch',
    after: 'prompt_post_fetch',
    rule: { type: 'prompt', named: 'name', hasResult: true },
    key: 'prompt_id',
    items: 'messages',
  },
  'resources/read': {
    target: 'resource',
    before: 'resource_pre_fetch',
    after: 'resource_post_fetch',
    rule: { type: 'resource', named: 'uri', hasResult: true },
    key: 'uri',
    items: 'contents',
  },
};

/** How a method is decided; `undefined` for one that passes without a question. */
export function pointOf(method: string): Point | undefined {
  return Object.hasOwn(POINTS, method) ? POINTS[method] : undefined;
}

/** The hooks of a kind of target. */
export function hooksOf(target: Target): readonly Hook[] {
  return HOOKS.filter((hook) => hook.startsWith(target));
}
