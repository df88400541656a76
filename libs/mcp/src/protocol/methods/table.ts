import { MCP_RESOURCES } from 'nestjs-opa/internal';
import type { McpEra } from '../call.js';
import type { McpMethod } from './method.js';

const BOTH = ['legacy', 'modern'] as const;
const LEGACY = ['legacy'] as const;
const MODERN = ['modern'] as const;
const SERVER = { type: 'mcp_server' } as const;
const RESOURCE = MCP_RESOURCES['resources/read'];
const TASK = { type: 'task', parameter: 'taskId' } as const;

/**
 * The MCP methods. To add a method, add a row: enforcers, headers, tasks, caching and ContextForge's hooks read the row.
 *
 * @see {@link https://modelcontextprotocol.io/specification/2025-11-25 | the legacy era's specification}
 * @see {@link https://modelcontextprotocol.io/specification/2026-07-28 | the modern era's specification}
 */
export const METHODS = {
  initialize: { eras: LEGACY, resource: SERVER, context: { protocol_version: 'protocolVersion' } },
  'server/discover': { eras: MODERN, resource: SERVER, cacheable: true },
  // COAZ-MCP maps every method but this one.
  ping: { eras: LEGACY, resource: 'undecided' },
  'logging/setLevel': { eras: LEGACY, resource: SERVER, context: { level: 'level' } },
  'completion/complete': { eras: BOTH, resource: { type: 'ref' } },

  'tools/list': {
    eras: BOTH,
    resource: SERVER,
    list: { items: 'tools', name: 'name', declares: { method: 'tools/call', by: 'schema' } },
    cacheable: true,
  },
  'tools/call': {
    eras: BOTH,
    resource: MCP_RESOURCES['tools/call'],
    result: 'content',
    nameHeader: 'required',
    paramHeaders: true,
    contextforge: {
      target: 'tool',
      before: 'tool_pre_invoke',
      after: 'tool_post_invoke',
      idKey: 'name',
      hasArgs: true,
    },
  },

  'prompts/list': {
    eras: BOTH,
    resource: SERVER,
    list: { items: 'prompts', name: 'name', declares: { method: 'prompts/get', by: 'names' } },
    cacheable: true,
  },
  'prompts/get': {
    eras: BOTH,
    resource: MCP_RESOURCES['prompts/get'],
    result: 'messages',
    nameHeader: 'required',
    contextforge: {
      target: 'prompt',
      before: 'prompt_pre_fetch',
      after: 'prompt_post_fetch',
      idKey: 'prompt_id',
      hasArgs: true,
    },
  },

  'resources/list': {
    eras: BOTH,
    resource: SERVER,
    list: { items: 'resources', name: 'uri' },
    cacheable: true,
  },
  'resources/templates/list': {
    eras: BOTH,
    resource: SERVER,
    list: { items: 'resourceTemplates', name: 'uriTemplate' },
    cacheable: true,
  },
  'resources/read': {
    eras: BOTH,
    resource: RESOURCE,
    result: 'contents',
    cacheable: true,
    nameHeader: 'required',
    contextforge: {
      target: 'resource',
      before: 'resource_pre_fetch',
      after: 'resource_post_fetch',
      idKey: 'uri',
      hasArgs: false,
    },
  },
  'resources/subscribe': { eras: LEGACY, resource: RESOURCE },
  'resources/unsubscribe': { eras: LEGACY, resource: RESOURCE },
  'subscriptions/listen': { eras: MODERN, resource: SERVER, tasks: 'subscription', staysOpen: true },

  'tasks/list': { eras: LEGACY, resource: SERVER, tasks: 'list' },
  'tasks/result': { eras: LEGACY, resource: TASK, tasks: 'result' },
  'tasks/get': { eras: BOTH, resource: TASK, tasks: 'one', nameHeader: 'optional' },
  'tasks/update': { eras: MODERN, resource: TASK, tasks: 'one', nameHeader: 'optional' },
  'tasks/cancel': { eras: BOTH, resource: TASK, tasks: 'one', nameHeader: 'optional' },
} as const satisfies Readonly<Record<string, McpMethod>>;

/** The name of an MCP method. */
export type McpMethodName = keyof typeof METHODS;

/** The request that a client of each era begins with. */
export const OPENING_METHODS: Readonly<Record<McpEra, McpMethodName>> = {
  legacy: 'initialize',
  modern: 'server/discover',
};

/** The method that lists the tools of a server. */
export const LIST_TOOLS: McpMethodName = 'tools/list';
