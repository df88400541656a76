import { LRUCache } from 'lru-cache';
import type { JsonRpcId } from '../protocol/json-rpc.js';
import type { McpCall } from '../protocol/call.js';
import { boundedKey } from '../protocol/bounded-key.js';
import { Receivers } from './receivers.js';

const MAX_SCOPES = 10_000;
const MAX_LOST = 100_000;
const MAX_BYTES = 64 * 1024 * 1024;
/** What one call takes beside its text. */
const CALL_BYTES = 512;
const MAX_CALLS = 1_000;

interface Scope {
  /** Something of this scope isn't known: an answer could be to any call. */
  blind: boolean;
}

interface Noted {
  readonly scope: string;
  readonly calls: McpCall[];
  readonly bytes: number;
}

/**
 * What was asked in each session (or by a subject without one), so that an answer that arrives on another stream than
 * its call's own is decided as that call's, and what each was sent. What had to be forgotten counts as unknown.
 */
export class Ledger {
  /** The ids of events, by the scope whose subject was sent them. */
  readonly events = new Receivers();
  /** The ids of the server's own requests, by the subject that was sent them. */
  readonly requests = new Receivers();
  private readonly scopes = new LRUCache<string, Scope>({ max: MAX_SCOPES });
  private readonly calls = new LRUCache<string, Noted>({
    maxSize: MAX_BYTES,
    sizeCalculation: ({ bytes }) => bytes,
    dispose: ({ scope }, key, reason) => {
      if (reason === 'evict') this.lost.set(key, scope);
    },
  });
  /** The ids whose calls were forgotten to make room, and their scopes. */
  private readonly lost = new LRUCache<string, string>({
    max: MAX_LOST,
    dispose: (scope, _key, reason) => {
      if (reason === 'evict') this.scopeOf(scope).blind = true;
    },
  });
  private readonly settled = new WeakSet<McpCall>();

  /** Begins a session of which everything will be known. */
  begin(scope: string): void {
    if (!this.scopes.has(scope)) this.scopes.set(scope, { blind: false });
  }

  /** Notes a call that goes to the upstream; `bytes` is the length of its text. */
  note(scope: string, call: McpCall, bytes: number): void {
    const key = boundedKey(scope, call.request.id);
    this.scopeOf(scope);
    if (this.lost.has(key)) return;
    const known = this.calls.get(key);
    const calls = known?.calls ?? [];
    calls.push(call);
    const size = (known?.bytes ?? 0) + bytes + CALL_BYTES;
    // A client that uses one id for ever is not followed for ever.
    if (calls.length > MAX_CALLS || size > MAX_BYTES / 8) {
      this.calls.delete(key);
      this.lost.set(key, scope);
    } else this.calls.set(key, { scope, calls, bytes: size });
  }

  /** Notes that a call has had its answer. */
  settle(call: McpCall): void {
    this.settled.add(call);
  }

  /** The calls that used an id; `undefined` when that can't be told. */
  callsOf(scope: string, id: JsonRpcId): readonly McpCall[] | undefined {
    const key = boundedKey(scope, id);
    return this.scopeOf(scope).blind || this.lost.has(key) ? undefined : this.calls.get(key)?.calls;
  }

  /** The calls beside this one that its id may be the answer to: those that had none yet. */
  rivalsOf(scope: string, call: McpCall): readonly McpCall[] {
    const { calls = [] } = this.calls.get(boundedKey(scope, call.request.id)) ?? {};
    return calls.filter((other) => other !== call && !this.settled.has(other));
  }

  private scopeOf(name: string): Scope {
    const known = this.scopes.get(name);
    if (known) return known;
    // Begun before this gateway was, or forgotten since.
    const scope = { blind: true };
    this.scopes.set(name, scope);
    return scope;
  }
}
