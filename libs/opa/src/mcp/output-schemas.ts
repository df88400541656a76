import { Logger } from '@nestjs/common';
import type { ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { LRUCache } from 'lru-cache';
import { OpaError } from '../contracts/index.js';
import type { McpCall } from './enforcer.js';
import { isObject } from './parse.js';

/** How many tools' schemas are kept. */
const MAX_TOOLS = 1_000;

/** Asks the MCP server for its tools, as `tools/list` lists them; for a tool whose schema nobody has seen yet. */
export type ListTools = (call: McpCall) => Promise<readonly unknown[]>;

/**
 * The tools' output schemas: structured content that a policy has changed must still be valid.
 *
 * @see {@link https://modelcontextprotocol.io/specification/2025-11-25/server/tools | MCP's tools}
 */
export class OutputSchemas {
  private readonly logger = new Logger(OutputSchemas.name);
  private readonly schemas = new LRUCache<string, { readonly validate?: ValidateFunction }>({
    max: MAX_TOOLS,
  });

  /** @param listTools - asks the server; without it only what has passed by is known */
  constructor(private readonly listTools?: ListTools) {}

  /** Takes the schemas from a list of tools that passes by. */
  learn(_call: McpCall, tools: readonly unknown[]): void {
    for (const tool of tools) {
      if (!isObject(tool) || typeof tool['name'] !== 'string') continue;
      const schema = tool['outputSchema'];
      this.schemas.set(tool['name'], isObject(schema) ? this.compiled(tool['name'], schema) : {});
    }
  }

  /**
   * Checks a result of tools/call that a policy has changed.
   *
   * @throws OpaError `OPA_BAD_DECISION` when its structured content is no longer valid, or nobody can tell
   */
  async assertValid(
    call: McpCall,
    result: Record<string, unknown>,
    original: Record<string, unknown>,
  ): Promise<void> {
    const structured = result['structuredContent'];
    if (call.request.method !== 'tools/call' || original['structuredContent'] === undefined) return;
    const name = String(call.request.params?.['name']);
    if (!this.schemas.has(name)) this.learn(call, (await this.listTools?.(call)) ?? []);
    const known = this.schemas.get(name);
    if (known !== undefined && (known.validate === undefined || known.validate(structured))) return;
    throw new OpaError(
      'OPA_BAD_DECISION',
      `The result of the tool ${JSON.stringify(name)} ${known === undefined ? 'has an output schema that nobody knows' : 'is not valid by its output schema'} after a policy has changed it.`,
    );
  }

  private compiled(name: string, schema: Record<string, unknown>): { validate: ValidateFunction } {
    try {
      // Of one schema each: ids that servers give must not meet.
      return { validate: new Ajv2020({ strict: false, validateFormats: false }).compile(schema) };
    } catch (error) {
      this.logger.warn(
        `The output schema of the tool ${JSON.stringify(name)} can't be read: ${String(error)}`,
      );
      return { validate: (() => false) as unknown as ValidateFunction };
    }
  }
}
