import { LRUCache } from 'lru-cache';
import type { JsonRpcId } from '../protocol/json-rpc.js';
import type { McpCall } from '../protocol/call.js';
import { boundedKey } from '../protocol/bounded-key.js';
import { Receivers } from './receivers.js';
import type { CallLedger } from './records.js';

const MAX_SCOPES = 10_000;
const MAX_LOST = 100_000;
const MAX_BYTES = 64 * 1024 * 1024;
/** The estimated memory of one call beside its text. */
const CALL_BYTES = 512;
const MAX_CALLS = 1_000;

interface Scope {
  /** The ledger lacks some calls of this scope, so a response could belong to an unknown call. */
  blind: boolean;
}

interface Noted {
  readonly scope: string;
  readonly calls: McpCall[];
  readonly bytes: number;
}

/**
 * The ledger in the memory of this process. A response may arrive on another stream than its call's; the ledger finds the call that
 * the policy must see. The ledger treats an evicted call as unknown.
 */
export class Ledger implements CallLedger {
  readonly isShared = false;
  readonly events = new Receivers();
  readonly requests = new Receivers();
  private readonly scopes = new LRUCache<string, Scope>({ max: MAX_SCOPES });
  private readonly calls = new LRUCache<string, Noted>({
    maxSize: MAX_BYTES,
    sizeCalculation: ({ bytes }) => bytes,
    dispose: ({ scope }, key, reason) => {
      if (reason === 'evict') this.lost.set(key, scope);
    },
  });
  /** The ids whose calls the cache evicted, with their scopes. */
  private readonly lost = new LRUCache<string, string>({
    max: MAX_LOST,
    dispose: (scope, _key, reason) => {
      if (reason === 'evict') this.scopeOf(scope).blind = true;
    },
  });
  private readonly settled = new WeakSet<McpCall>();

  begin(scope: string): void {
    if (!this.scopes.has(scope)) this.scopes.set(scope, { blind: false });
  }

  note(scope: string, call: McpCall, bytes: number): void {
    const key = boundedKey(scope, call.request.id);
    this.scopeOf(scope);
    if (this.lost.has(key)) return;
    const entry = this.calls.get(key);
    const calls = entry?.calls ?? [];
    calls.push(call);
    const size = (entry?.bytes ?? 0) + bytes + CALL_BYTES;
    // The ledger stops recording an id that a client uses for too many calls.
    if (calls.length > MAX_CALLS || size > MAX_BYTES / 8) {
      this.calls.delete(key);
      this.lost.set(key, scope);
    } else this.calls.set(key, { scope, calls, bytes: size });
  }

  settle(_scope: string, call: McpCall): void {
    this.settled.add(call);
  }

  callsOf(scope: string, id: JsonRpcId): readonly McpCall[] | undefined {
    const key = boundedKey(scope, id);
    return this.scopeOf(scope).blind || this.lost.has(key) ? undefined : this.calls.get(key)?.calls;
  }

  rivalsOf(scope: string, call: McpCall): readonly McpCall[] {
    const { calls = [] } = this.calls.get(boundedKey(scope, call.request.id)) ?? {};
    return calls.filter((other) => other !== call && !this.settled.has(other));
  }

  private scopeOf(name: string): Scope {
    const scope = this.scopes.get(name);
    if (scope) return scope;
    // The scope began before this process did, or the cache has evicted it.
    const unknown = { blind: true };
    this.scopes.set(name, unknown);
    return unknown;
  }
}
