import { z } from 'zod';
import { entryName, policyPath, upstreamUrl } from './fields.js';

const MIB = 1024 * 1024;
const ORIGIN_RULE = 'an origin such as https://app.example, without a path';
const bytes = z
  .int()
  .min(1)
  .max(1024 * MIB);

const isOrigin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text;

/** One MCP server: what `/mcp/{name}` leads to. */
export const mcpServerSchema = z
  .strictObject({
    /** The name in the gateway's path. */
    name: entryName,
    /** The server's Streamable HTTP endpoint. */
    url: upstreamUrl,
    /** The decision asked before every request that needs one. Default: `opa.policy`. */
    policy: policyPath.optional(),
    /** The decision asked about the results of tools/call, prompts/get and resources/read. Default: none. */
    response: policyPath.optional(),
    /** The decision on which listed items the subject sees. Default: all of an allowed list. */
    list: policyPath.optional(),
    /** The form of the input. Default: `coaz`. */
    shape: z.enum(['coaz', 'contextforge']).optional(),
    /** The configuration of ContextForge's OPA plugin, instead of the four above. */
    plugin: z.string().min(1, { error: 'the path of a file' }).optional(),
    /** How a refusal is told: as a JSON-RPC error, with its HTTP status too, or as a tool's result. Default: `error`. */
    denial: z.enum(['error', 'http', 'result']).default('error'),
    /** Origins whose pages may call, beside those of this machine. Default: none. */
    origins: z.array(z.string().refine(isOrigin, { error: ORIGIN_RULE })).default([]),
    /** A vendor's own methods, decided as `tools/list` is. Default: none. */
    methods: z.array(z.string().min(1, { error: 'a method name' })).default([]),
    /** The server tells apart arguments whose names differ only in case. Default: `false`. */
    caseSensitive: z.boolean().default(false),
    /** The largest message that a client may send. Default: 4 MiB. */
    maxRequestBytes: bytes.default(4 * MIB),
    /** The largest message that the server may send. Default: 16 MiB. */
    maxResultBytes: bytes.default(16 * MIB),
  })
  .superRefine((entry, context) => {
    if (entry.plugin === undefined) return;
    for (const key of ['policy', 'response', 'list', 'shape'] as const) {
      if (entry[key] === undefined) continue;
      context.addIssue({
        code: 'custom',
        path: [key],
        input: entry[key],
        message: 'no value beside "plugin", because the plugin file names the policies',
      });
    }
  });

/** One MCP server, as the file gives it. */
export type McpServerEntry = z.infer<typeof mcpServerSchema>;
