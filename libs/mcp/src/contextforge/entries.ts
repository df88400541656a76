import type { HookTarget } from '../protocol/methods/index.js';
import type { AppliedTo, EntrySettings } from './applied-to.schema.js';

/** One entry of an `applied_to`: a tool, prompt or resource, its name or URI, and its settings. */
export interface FileEntry {
  readonly target: HookTarget;
  readonly name: string;
  readonly settings: EntrySettings;
}

/** All entries of an `applied_to`. */
export function entriesOf(appliedTo: AppliedTo | null | undefined): readonly FileEntry[] {
  const { tools, prompts, resources } = appliedTo ?? {};
  return [
    ...(tools ?? []).map((tool) => ({ target: 'tool', name: tool.tool_name, settings: tool }) as const),
    ...(prompts ?? []).map(
      (prompt) => ({ target: 'prompt', name: prompt.prompt_name, settings: prompt }) as const,
    ),
    ...(resources ?? []).map(
      (resource) => ({ target: 'resource', name: resource.resource_uri, settings: resource }) as const,
    ),
  ];
}
