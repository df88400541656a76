import { z } from 'zod';
import { audience, entryName, mcpUrl, origins, policyPath, scopes } from './fields.js';
import { checkCredentials, upstreamFields } from './upstream-fields.js';

const MIB = 1024 * 1024;
const bytes = z
  .int()
  .min(1)
  .max(1024 * MIB);

/** The options of one MCP server behind `/mcp/{name}`. */
export const mcpServerSchema = z
  .strictObject({
    /** The name of the server in the path `/mcp/{name}`. */
    name: entryName,
    /** The URL of the server's Streamable HTTP endpoint. It may have a query, which every request has then. */
    url: mcpUrl,
    ...upstreamFields,
    /** The path of the policy that decides requests. Default: the option `policy` of OpaModule. */
    policy: policyPath.optional(),
    /** The path of the policy that decides results of tools/call, prompts/get and resources/read. Default: none. */
    response: policyPath.optional(),
    /**
     * The path of the policy that filters the items of a list. Default: none; the subject sees all items of an allowed
     * list.
     */
    list: policyPath.optional(),
    /** The form of the policies' input. Default: `coaz`. */
    shape: z.enum(['coaz', 'contextforge']).optional(),
    /**
     * The path of a configuration file of ContextForge's OPA plugin. It replaces the four options above. Default: none.
     */
    plugin: z.string().min(1, { error: 'the path of a file' }).optional(),
    /**
     * The form of a denial. `error`: a JSON-RPC error with HTTP status 200. `http`: a JSON-RPC error with the denial's
     * HTTP status. `result`: a tool result with `isError`, or a JSON-RPC error for other methods. A step-up has status
     * 403 in every form. Default: `error`.
     */
    denial: z.enum(['error', 'http', 'result']).default('error'),
    /** The origins whose pages may call the server. On loopback, pages of loopback origins also may. Default: none. */
    origins: origins.default([]),
    /**
     * The audience of this server's tokens (RFC 8707), or a list of audiences. Policies see an audience as the id of the
     * resource `mcp_server`. Default: the option `audience` that all servers share.
     */
    audience: audience.optional(),
    /** The scopes that clients request for this server. Default: the option `scopes` that all servers share. */
    scopes: scopes.optional(),
    /** The methods of a vendor. The policy decides them in the same way as `tools/list`. Default: none. */
    methods: z.array(z.string().min(1, { error: 'a method name' })).default([]),
    /** Whether the server distinguishes arguments whose names differ only in case. Default: `false`. */
    caseSensitive: z.boolean().default(false),
    /** The largest message that a client may send, in bytes. Default: 4 MiB. */
    maxRequestBytes: bytes.default(4 * MIB),
    /** The largest message that the server may send, in bytes. Default: 16 MiB. */
    maxResultBytes: bytes.default(16 * MIB),
  })
  .superRefine(checkCredentials)
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

/** The validated options of one MCP server, with their defaults. */
export type McpServerEntry = z.infer<typeof mcpServerSchema>;
