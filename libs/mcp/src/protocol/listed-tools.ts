import { LRUCache } from 'lru-cache';
import { boundedKey } from './bounded-key.js';
import { subjectOf } from './call.js';
import type { McpCaller } from './call.js';
import { jsonLength } from './declaration-cache.js';
import { isObject } from './parse.js';

/** The JSON text of a larger tool would make each query large, so the tool counts as unknown. In characters. */
const MAX_TOOL = 65_536;
/** All stored tools of one server, in characters of JSON text. */
const MAX_TOTAL = 32 << 20;

/** A tool as the MCP server lists it: `name`, `description`, `annotations`, `inputSchema`, `outputSchema` and more. */
export type ListedTool = Readonly<Record<string, unknown>>;

/**
 * The tools that one MCP server has listed to each subject, for the policy inputs of tool calls. A later list of the same
 * subject replaces a tool. No subject gets a tool from the list of another subject, because a server may describe a tool
 * differently to each subject.
 */
export class ListedTools {
  private readonly tools = new LRUCache<string, ListedTool>({
    maxSize: MAX_TOTAL,
    maxEntrySize: MAX_TOOL,
    sizeCalculation: jsonLength,
  });

  /**
   * Stores the tools of a list.
   *
   * @param tools - as the server lists them to the caller
   */
  learn(caller: McpCaller, tools: readonly unknown[]): void {
    const subject = subjectOf(caller);
    for (const tool of tools) {
      if (!isObject(tool) || typeof tool['name'] !== 'string') continue;
      this.tools.set(boundedKey(subject, tool['name']), tool);
    }
  }

  /** The tool of this name in the caller's latest lists; `undefined` for an unknown tool. */
  find(caller: McpCaller, name: string): ListedTool | undefined {
    return this.tools.get(boundedKey(subjectOf(caller), name));
  }
}
