import type { McpEra } from '../call.js';

/** A resource that one parameter of the request names. */
export interface NamedResource {
  /** AuthZEN's `resource.type`, such as `tool`. */
  readonly type: string;
  /** The member of `params` that holds the resource's id. */
  readonly parameter: string;
}

/**
 * What a request acts on, by COAZ-MCP's default mappings: a named resource, the MCP server itself, or (`ref`) the prompt
 * or resource that `params.ref` names.
 */
export type ResourceRule = NamedResource | { readonly type: 'mcp_server' } | { readonly type: 'ref' };

/** The result of a list method: a page of items. */
export interface ListRule {
  /** The member of the result that holds the items. */
  readonly items: string;
  /** The member of an item that names the item to a list policy. */
  readonly name: string;
  /**
   * How an item declares the arguments of the calls that name the item: `schema` is a JSON Schema in `inputSchema`
   * (tools), `names` is a list of names in `arguments` (prompts). `method` is the method of these calls.
   */
  readonly declares?: { readonly method: string; readonly by: 'schema' | 'names' };
}

/**
 * The form of a result that a response policy decides, named by the member that holds the list of items.
 *
 * - `content` is a `CallToolResult`: items with a `type`, `structuredContent`, and `isError` for a failure.
 * - `messages` is a `GetPromptResult`.
 * - `contents` is a `ReadResourceResult`.
 */
export type ResultForm = 'content' | 'messages' | 'contents';

/** What a ContextForge plugin's file lists: tools, prompts and resources. */
export type HookTarget = 'tool' | 'prompt' | 'resource';

/** The name of a ContextForge hook. */
export type Hook = `${HookTarget}_${'pre' | 'post'}_${'invoke' | 'fetch'}`;

/** How ContextForge's plugin decides a method. */
export interface HookRule {
  readonly target: HookTarget;
  /** The hook before the call. */
  readonly before: Hook;
  /** The hook after the call, which sees the result. */
  readonly after: Hook;
  /** The member of the hook's payload that holds the resource's id. */
  readonly idKey: string;
  /** Whether the payload before the call holds the request's arguments as `args`. */
  readonly hasArgs: boolean;
}

/**
 * How a request refers to tasks.
 *
 * - `one`: `params.taskId` names one task, and the result describes the task.
 * - `result`: `params.taskId` names one task, and the result is the result of the call that began the task.
 * - `list`: the result lists tasks.
 * - `subscription`: `params.notifications.taskIds` names tasks.
 */
export type TaskReference = 'one' | 'result' | 'list' | 'subscription';

interface Traits {
  /** The eras that have the method. */
  readonly eras: readonly McpEra[];
  /** The resource of the decision. A request of an `undecided` method passes without a decision of its own. */
  readonly resource: ResourceRule | 'undecided';
  /** COAZ's context: each key holds the value of the parameter beside it. */
  readonly context?: Readonly<Record<string, string>>;
  /** Set for a list method. A list policy filters the items. */
  readonly list?: ListRule;
  /** Set when a response policy decides the result. */
  readonly result?: ResultForm | undefined;
  /** Whether results carry the modern era's caching hints, `ttlMs` and `cacheScope`. */
  readonly cacheable?: true;
  /**
   * Whether a modern request repeats the resource's id in the header `Mcp-Name`. An `optional` header is compared only
   * when the client sends it, since extensions of the protocol define the method.
   */
  readonly nameHeader?: 'required' | 'optional';
  /** Whether a modern request repeats arguments in `Mcp-Param-…` headers, as the tool's input schema asks. */
  readonly paramHeaders?: true;
  /** How requests refer to tasks. */
  readonly tasks?: TaskReference;
  /** Whether the response is a stream that stays open until the client or the server ends it. */
  readonly staysOpen?: true;
  /** Set when ContextForge's plugin decides the method. */
  readonly contextforge?: HookRule | undefined;
}

/** A method whose requests pass without a decision of their own. */
export interface UndecidedMethod extends Traits {
  readonly resource: 'undecided';
  readonly result?: undefined;
  readonly contextforge?: undefined;
}

/** A method whose requests are decided, and whose results are not, unless they are lists. */
export interface RequestMethod extends Traits {
  readonly resource: ResourceRule;
  readonly result?: undefined;
  readonly contextforge?: undefined;
}

/** A method whose requests and results are decided. */
export interface ContentMethod extends Traits {
  readonly resource: NamedResource;
  readonly result: ResultForm;
}

/** A method whose requests are decided. */
export type DecidedMethod = RequestMethod | ContentMethod;

/** One row of the method table: everything that this package knows of one MCP method. */
export type McpMethod = UndecidedMethod | DecidedMethod;
