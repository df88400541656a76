import { foldCase } from './fold-case.js';

/**
 * The names of all members that JSON-RPC 2.0, MCP 2025-11-25 and MCP 2026-07-28 define. `protocol-names.spec.ts` derives
 * the same list from the types and schemas of the official packages.
 */
export const PROTOCOL_NAMES: readonly string[] = [
  ...`
  $schema _meta action annotations anyOf applyDefaults argument arguments audience baggage blob cacheScope
  call cancel capabilities clientInfo code completion completions const content contents context
  costPriority create createMessage createdAt cursor data default description destructiveHint elicitation
  elicitationId elicitations enum enumNames error execution experimental extensions form format hasMore
  hints icons id idempotentHint includeContext input inputRequests inputResponses inputSchema instructions
  intelligencePriority isError items jsonrpc lastModified lastUpdatedAt level list listChanged logger
  logging maxItems maxLength maxTokens maximum message messages metadata method mimeType minItems minLength
  minimum mode model modelPreferences name nextCursor notifications oneOf openWorldHint outputSchema params
  pollInterval pollIntervalMs priority progress progressToken prompts promptsListChanged properties
  protocolVersion readOnlyHint reason ref requestId requestState requestedSchema requests required resource
  resourceSubscriptions resourceTemplates resources resourcesListChanged result resultType role roots
  sampling serverInfo size sizes speedPriority src status statusMessage stopReason stopSequences
  structuredContent subscribe supportedVersions systemPrompt task taskId taskIds taskSupport tasks temperature text
  theme title toolChoice toolResult toolUseId tools toolsListChanged total traceparent tracestate ttl ttlMs
  type uri uriTemplate url value values version websiteUrl
  `
    .trim()
    .split(/\s+/),
  ...'clientCapabilities clientInfo logLevel protocolVersion related-task serverInfo subscriptionId'
    .split(' ')
    .map((name) => `io.modelcontextprotocol/${name}`),
];

const SPELLINGS: ReadonlyMap<string, string> = new Map(PROTOCOL_NAMES.map((name) => [foldCase(name), name]));

/**
 * The protocol's spelling of a name; `undefined` for a name that the protocol doesn't define.
 *
 * @param folded - the name after `foldCase`
 */
export const protocolSpelling = (folded: string): string | undefined => SPELLINGS.get(folded);
