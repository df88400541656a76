import type { McpEra } from './call.js';

/** What a method acts on, by COAZ-MCP's default mappings. */
export interface MethodRule {
  /** AuthZEN's `resource.type`; `ref` for the kind of thing that `params.ref` names. */
  readonly type: 'mcp_server' | 'tool' | 'resource' | 'prompt' | 'task' | 'ref';
  /** The parameter that names it; the server itself has none. */
  readonly named?: 'name' | 'uri' | 'taskId';
  /** Parameters that the context carries. */
  readonly context?: Readonly<Record<string, string>>;
  /** Where a list's items stand, and which of their members names them. */
  readonly list?: readonly [items: string, name: string];
  /** Its results hold what a response policy looks at. */
  readonly hasResult?: true;
}

const server: MethodRule = { type: 'mcp_server' };
const task: MethodRule = { type: 'task', named: 'taskId' };
const resource: MethodRule = { type: 'resource', named: 'uri' };

const both: Readonly<Record<string, MethodRule>> = {
  'tools/list': { ...server, list: ['tools', 'name'] },
  'resources/list': { ...server, list: ['resources', 'uri'] },
  'resources/templates/list': { ...server, list: ['resourceTemplates', 'uriTemplate'] },
  'prompts/list': { ...server, list: ['prompts', 'name'] },
  'tools/call': { type: 'tool', named: 'name', hasResult: true },
  'resources/read': { ...resource, hasResult: true },
  'prompts/get': { type: 'prompt', named: 'name', hasResult: true },
  'completion/complete': { type: 'ref' },
  'tasks/get': task,
  'tasks/cancel': task,
};

const RULES: Readonly<Record<McpEra, Readonly<Record<string, MethodRule>>>> = {
  legacy: {
    ...both,
    initialize: { ...server, context: { protocol_version: 'protocolVersion' } },
    'logging/setLevel': { ...server, context: { level: 'level' } },
    'resources/subscribe': resource,
    'resources/unsubscribe': resource,
    'tasks/list': server,
    'tasks/result': task,
  },
  modern: {
    ...both,
    'server/discover': server,
    'subscriptions/listen': server,
    'tasks/update': task,
  },
};

/**
 * The rule of a method; `'pass'` for what goes on without a decision, `undefined` for a method that the era doesn't have
 * and nobody has named, which must not be passed on.
 *
 * @param extra - a vendor's own methods, decided as the server's
 */
export function ruleOf(
  method: string,
  era: McpEra,
  extra: readonly string[],
): MethodRule | 'pass' | undefined {
  if (method === 'ping' && era === 'legacy') return 'pass';
  const rules = RULES[era];
  if (Object.hasOwn(rules, method)) return rules[method];
  return extra.includes(method) ? server : undefined;
}
