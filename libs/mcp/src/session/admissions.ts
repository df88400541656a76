import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { McpCall, McpCaller, McpEra } from '../protocol/call.js';
import { OPENING_METHODS } from '../protocol/methods/index.js';

const MAX_CALLERS = 10_000;
const REMEMBERED_MS = 60_000;
/** The version of a client that sends no `MCP-Protocol-Version` header (MCP's page on transports). */
const DEFAULT_VERSION = '2025-03-26';
// These headers differ in every request, so a key with them would never match.
const TRACING = new Set(['traceparent', 'x-request-id']);

/** A monotonic clock in milliseconds, with any starting point. */
export interface Clock {
  now(): number;
}

/** Stores for one minute that a policy allowed a caller to send messages without a session. Denials are not stored. */
export class Admissions {
  private readonly admitted: LRUCache<string, true>;

  constructor(clock: Clock = performance) {
    this.admitted = new LRUCache({
      max: MAX_CALLERS,
      ttl: REMEMBERED_MS,
      // With a resolution of 0 the cache reads the clock each time and starts no timer.
      ttlResolution: 0,
      perf: clock,
    });
  }

  /** Whether the policy allowed the caller's opening request within the last minute. */
  has(opening: McpCall): boolean {
    return this.admitted.has(keyOf(opening));
  }

  /** Stores that the policy allowed the caller's opening request. */
  add(opening: McpCall): void {
    this.admitted.set(keyOf(opening), true);
  }
}

/**
 * Makes the opening request of an era. The policy decides this request for messages that have neither a session nor a
 * decision of their own.
 *
 * @param version - the protocol version in the client's header; `undefined` without the header
 */
export function openingOf(caller: McpCaller, era: McpEra, version: string | undefined): McpCall {
  const params = era === 'legacy' ? { protocolVersion: version ?? DEFAULT_VERSION, capabilities: {} } : {};
  return { request: { jsonrpc: '2.0', id: 0, method: OPENING_METHODS[era], params }, era, caller };
}

// The key covers everything that the policy sees, except the tracing headers.
function keyOf({ request, caller }: McpCall): string {
  const { claims, ip } = caller;
  const headers = Object.entries(caller.headers).filter(([name]) => !TRACING.has(name));
  const text = JSON.stringify([request, claims ?? null, ip, headers]);
  return createHash('sha256').update(text).digest('base64');
}
