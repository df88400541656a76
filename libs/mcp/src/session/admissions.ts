import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { McpCall, McpCaller, McpEra } from '../protocol/call.js';
import { OPENING_METHODS } from '../protocol/methods/index.js';

const MAX_CALLERS = 10_000;
const REMEMBERED_MS = 60_000;
/** The version that a client without the header speaks, by MCP's transports page. */
const DEFAULT_VERSION = '2025-03-26';
// They differ in every request.
const TRACING = new Set(['traceparent', 'x-request-id']);

/** Tells the time in milliseconds, from any moment on. */
export interface Clock {
  now(): number;
}

/** Which callers a policy has let in without a session: each allow counts for a minute, and nothing else is remembered. */
export class Admissions {
  private readonly admitted: LRUCache<string, true>;

  constructor(clock: Clock = performance) {
    this.admitted = new LRUCache({
      max: MAX_CALLERS,
      ttl: REMEMBERED_MS,
      // It then needs no timer to know the time.
      ttlResolution: 0,
      perf: clock,
    });
  }

  /** Whether the request by which this caller begins was allowed within the last minute. */
  has(opening: McpCall): boolean {
    return this.admitted.has(keyOf(opening));
  }

  /** Notes an allow. */
  add(opening: McpCall): void {
    this.admitted.set(keyOf(opening), true);
  }
}

/**
 * The request that a client of an era begins with. A message without a session is decided as this request, unless a
 * decision of its own is due.
 *
 * @param version - the protocol's version as the client's header names it
 */
export function openingOf(caller: McpCaller, era: McpEra, version: string | undefined): McpCall {
  const params = era === 'legacy' ? { protocolVersion: version ?? DEFAULT_VERSION, capabilities: {} } : {};
  return { request: { jsonrpc: '2.0', id: 0, method: OPENING_METHODS[era], params }, era, caller };
}

// Of what the policy sees all counts, except what is another in every request.
function keyOf({ request, caller }: McpCall): string {
  const { claims, ip } = caller;
  const headers = Object.entries(caller.headers).filter(([name]) => !TRACING.has(name));
  const text = JSON.stringify([request, claims ?? null, ip, headers]);
  return createHash('sha256').update(text).digest('base64');
}
