import { isDeepStrictEqual } from 'node:util';
import { Logger } from '@nestjs/common';
import type { ValidateFunction } from 'ajv';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { OpaError } from 'nestjs-opa';
import { messageOf } from 'nestjs-opa/internal';
import type { McpCall } from './call.js';
import { DeclarationCache } from './declaration-cache.js';
import { methodOf } from './methods/index.js';
import { isObject } from './parse.js';
import { quoted } from './quoted.js';

/** MCP's own dialect is 2020-12. Servers also use draft-07. */
const DRAFT_07 = /^https?:\/\/json-schema\.org\/draft-07\/schema#?$/;

/** Asks the MCP server for its tools; called for a tool whose schema is unknown. */
export type ListTools = (call: McpCall) => Promise<readonly unknown[]>;

/**
 * The output schemas of tools. Structured content that a policy has changed must still match the tool's schema.
 *
 * @see {@link https://modelcontextprotocol.io/specification/2025-11-25/server/tools | MCP's tools}
 */
export class OutputSchemas {
  private readonly logger = new Logger(OutputSchemas.name);
  private readonly tools = new DeclarationCache<ToolOutput>();

  /** @param listTools - asks the server; without it only schemas from earlier lists are known */
  constructor(private readonly listTools?: ListTools) {}

  /** Stores the schemas of a list of tools. */
  learn(_call: McpCall, tools: readonly unknown[]): void {
    for (const tool of tools) {
      if (!isObject(tool) || typeof tool['name'] !== 'string') continue;
      const schema = tool['outputSchema'];
      this.tools.set(tool['name'], tool, isObject(schema) ? { schema } : {});
    }
  }

  /**
   * Checks a tool call's result that a policy has changed. Results of other methods have no schema.
   *
   * @param result - the changed result
   * @param original - the result as the MCP server sent it
   * @throws OpaError `OPA_BAD_DECISION` when the structured content does not match the schema, or the schema is unknown
   */
  async assertValid(
    call: McpCall,
    result: Record<string, unknown>,
    original: Record<string, unknown>,
  ): Promise<void> {
    if (methodOf(call.request.method)?.result !== 'content') return;
    const structured = result['structuredContent'];
    if (isDeepStrictEqual(structured, original['structuredContent'])) return;
    // The result of a failed call needs no structured content.
    if (structured === undefined && result['isError'] === true) return;
    const name = String(call.request.params?.['name']);
    if (!this.tools.has(name)) this.learn(call, (await this.listTools?.(call)) ?? []);
    const tool = this.tools.get(name);
    if (tool !== undefined && this.isValid(name, tool, structured)) return;
    const problem =
      tool === undefined ? 'and its output schema is unknown' : 'and no longer matches its output schema';
    throw new OpaError(
      'OPA_BAD_DECISION',
      `A policy changed the structured content of the tool ${quoted(name)}, ${problem}. The result is refused.`,
    );
  }

  private isValid(name: string, tool: ToolOutput, structured: unknown): boolean {
    if (tool.schema === undefined) return true;
    try {
      // Each schema has its own compiler: two tools may use the same `$id`. Schemas are compiled when first needed.
      tool.validate ??= new (dialectOf(tool.schema))(LENIENT).compile(tool.schema);
      return tool.validate(structured);
    } catch (error) {
      this.logger.warn(
        `The output schema of the tool ${quoted(name)} can't be compiled: ${quoted(messageOf(error))}`,
      );
      return false;
    }
  }
}

interface ToolOutput {
  readonly schema?: Record<string, unknown>;
  validate?: ValidateFunction;
}

// An unknown keyword or format is no reason to refuse a result: the server has written the schema.
const LENIENT = { strict: false, validateFormats: false };

const dialectOf = ({ $schema }: Record<string, unknown>): typeof Ajv =>
  typeof $schema === 'string' && DRAFT_07.test($schema) ? Ajv : Ajv2020;
