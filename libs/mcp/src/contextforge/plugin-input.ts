import { contextforgeCaller } from '../policy/contextforge-input.js';
import type { McpCall } from '../protocol/call.js';
import type { Hook } from '../protocol/methods/index.js';
import { applyDataMap } from './data-map.js';
import type { PluginEntry } from './plugin-file.js';
import { pickPolicyContext } from './policy-context.js';

/** What a hook says of a call. */
export interface HookInput {
  /** The hook's name. */
  readonly kind: Hook;
  /** `input` before the call, `output` after the call. */
  readonly mode: 'input' | 'output';
  readonly payload: Readonly<Record<string, unknown>>;
}

/** The input of an entry's policy: ContextForge's input, or the members of it that the entry's data map names. */
export function pluginInput(
  call: McpCall,
  entry: PluginEntry,
  { kind, mode, payload }: HookInput,
): Record<string, unknown> {
  const input = {
    ...contextforgeCaller(call),
    kind,
    payload,
    context: pickPolicyContext(call.request.params ?? {}, entry.contextKeys),
    mode,
  };
  return entry.dataMap === undefined ? input : applyDataMap(input, entry.dataMap);
}
