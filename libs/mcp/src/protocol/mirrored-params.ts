import type { IncomingHttpHeaders } from 'node:http';
import { Logger } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { comparableHeader } from 'nestjs-opa/internal';
import type { JsonRpcRequest } from './json-rpc.js';
import { boundedKey } from './bounded-key.js';
import { DeclarationCache } from './declaration-cache.js';
import { isObject } from './parse.js';
import { LIST_TOOLS, schemaListOf } from './methods/index.js';
import { decoded, mismatch } from './mirrored-headers.js';

const MAX_UNLISTED = 1_000;
const PREFIX = 'mcp-param-';
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;
const DECIMAL = /^-?\d+(\.\d+)?$/;

/** The header that repeats an argument, and the path of the argument. */
interface Mirrored {
  readonly header: string;
  readonly path: readonly string[];
}

/**
 * Checks the `Mcp-Param-…` headers, which repeat arguments of a tool call. The tool's input schema names the arguments
 * with `x-mcp-header`. A proxy that routes by these headers must see the same call as the policy and the server.
 *
 * @see {@link https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http | MCP's transport}
 */
export class MirroredParams {
  private readonly logger = new Logger('Mcp');
  private readonly tools = new DeclarationCache<readonly Mirrored[]>();
  /** The tool names of clients that the server did not list. */
  private readonly unlisted = new LRUCache<string, true>({ max: MAX_UNLISTED });

  /** Stores the headers that tools declare. Ignores results of methods that do not list tools. */
  learn(method: string, result: unknown): void {
    const list = schemaListOf(method);
    const tools = list !== undefined && isObject(result) ? result[list.items] : undefined;
    if (!Array.isArray(tools)) return;
    for (const tool of tools as unknown[]) {
      if (!isObject(tool) || typeof tool['name'] !== 'string') continue;
      this.tools.set(tool['name'], tool, mirroredBy(tool['inputSchema']));
    }
  }

  /**
   * Compares the headers of a tool call with its arguments.
   *
   * @param listTools - requests the server's tools; called when the client sends such a header for an unknown tool
   * @returns the `Mcp-Param-…` headers that the tool declares and the client sent; `{}` for a tool that the server doesn't list
   * @throws GatewayError 400 with -32020 when a header is missing or contradicts its argument, or a second header has a
   * similar name
   */
  async compared(
    { id, params }: JsonRpcRequest,
    headers: IncomingHttpHeaders,
    listTools: () => Promise<readonly unknown[]>,
  ): Promise<IncomingHttpHeaders> {
    const name = String(params?.['name']);
    const sent = Object.entries(headers).filter(([header]) => header.startsWith(PREFIX));
    if (sent.length > 0 && !this.tools.has(name) && !this.unlisted.has(boundedKey('', name))) {
      await this.learnTool(name, listTools);
    }
    const mirrored = this.tools.get(name);
    if (mirrored === undefined) return {};
    for (const { header, path } of mirrored) {
      const value = path.reduce<unknown>(member, params?.['arguments']) ?? undefined;
      const sentValue = headers[header];
      const agree = value === undefined ? sentValue === undefined : says(sentValue, value);
      if (!agree || hasRival(headers, header)) throw mismatch(header, 'does not say what the body says', id);
    }
    // No other header has been compared, so a reader of it could see another call than the policy.
    const declared = new Set(mirrored.map(({ header }) => header));
    return Object.fromEntries(sent.filter(([header]) => declared.has(header)));
  }

  private async learnTool(name: string, listTools: () => Promise<readonly unknown[]>): Promise<void> {
    try {
      this.learn(LIST_TOOLS, { tools: await listTools() });
      if (!this.tools.has(name)) this.unlisted.set(boundedKey('', name), true);
    } catch (error) {
      this.logger.warn(
        `The tools can't be listed: ${error instanceof Error ? error.message : 'unknown error'}`,
      );
    }
  }
}

// Some servers read `_` or `.` in a header's name as `-`, so they would confuse the two headers.
const hasRival = (headers: IncomingHttpHeaders, header: string): boolean =>
  Object.keys(headers).some((name) => name !== header && comparableHeader(name) === comparableHeader(header));

function says(sent: string | string[] | undefined, value: unknown): boolean {
  const text = typeof sent === 'string' ? decoded(sent) : undefined;
  if (text === undefined) return false;
  return typeof value === 'number' && DECIMAL.test(text) ? Number(text) === value : text === String(value);
}

const member = (value: unknown, key: string): unknown =>
  isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;

function mirroredBy(schema: unknown): Mirrored[] {
  const mirrored: Mirrored[] = [];
  const open: { path: readonly string[]; schema: unknown }[] = [{ path: [], schema }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { path } = next;
    if (!isObject(next.schema)) continue;
    const { 'x-mcp-header': name, type, properties } = next.schema;
    if (isPrimitive(type) && typeof name === 'string' && TOKEN.test(name)) {
      mirrored.push({ header: PREFIX + name.toLowerCase(), path });
    }
    for (const [key, child] of Object.entries(isObject(properties) ? properties : {})) {
      open.push({ path: [...path, key], schema: child });
    }
  }
  return mirrored;
}

const isPrimitive = (type: unknown): boolean => type === 'string' || type === 'integer' || type === 'boolean';
