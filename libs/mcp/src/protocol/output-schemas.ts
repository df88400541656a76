import { isDeepStrictEqual } from 'node:util';
import { Logger } from '@nestjs/common';
import type { ValidateFunction } from 'ajv';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { LRUCache } from 'lru-cache';
import { OpaError } from 'nestjs-opa';
import type { McpCall } from './call.js';
import { isObject } from './parse.js';

/** The one dialect beside MCP's own that servers use. */
const DRAFT_07 = /^https?:\/\/json-schema\.org\/draft-07\/schema#?$/;

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
  private readonly tools = new LRUCache<string, ToolOutput>({ max: MAX_TOOLS });

  /** @param listTools - asks the server; without it only what has passed by is known */
  constructor(private readonly listTools?: ListTools) {}

  /** Takes the schemas from a list of tools that passes by. */
  learn(_call: McpCall, tools: readonly unknown[]): void {
    for (const tool of tools) {
      if (!isObject(tool) || typeof tool['name'] !== 'string') continue;
      const schema = tool['outputSchema'];
      this.tools.set(tool['name'], isObject(schema) ? { schema } : {});
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
    if (
      call.request.method !== 'tools/call' ||
      isDeepStrictEqual(structured, original['structuredContent'])
    ) {
      return;
    }
    // What failed need not have any.
    if (structured === undefined && result['isError'] === true) return;
    const name = String(call.request.params?.['name']);
    if (!this.tools.has(name)) this.learn(call, (await this.listTools?.(call)) ?? []);
    const tool = this.tools.get(name);
    if (tool !== undefined && this.isValid(name, tool, structured)) return;
    throw new OpaError(
      'OPA_BAD_DECISION',
      `The result of the tool ${JSON.stringify(name)} ${tool === undefined ? 'has an output schema that nobody knows' : 'is not valid by its output schema'} after a policy has changed it.`,
    );
  }

  private isValid(name: string, tool: ToolOutput, structured: unknown): boolean {
    if (tool.schema === undefined) return true;
    try {
      // Compiled once it is needed, and each by itself: ids that servers give must not meet.
      tool.validate ??= new (dialectOf(tool.schema))(LENIENT).compile(tool.schema);
      return tool.validate(structured);
    } catch (error) {
      this.logger.warn(
        `The output schema of the tool ${JSON.stringify(name)} can't be read: ${String(error)}`,
      );
      return false;
    }
  }
}

interface ToolOutput {
  readonly schema?: Record<string, unknown>;
  validate?: ValidateFunction;
}

// A keyword that is new to us, or a format, is the server's affair.
const LENIENT = { strict: false, validateFormats: false };

const dialectOf = ({ $schema }: Record<string, unknown>): typeof Ajv =>
  typeof $schema === 'string' && DRAFT_07.test($schema) ? Ajv : Ajv2020;
