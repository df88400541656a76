import { LRUCache } from 'lru-cache';
import type { JsonRpcId, McpCall } from 'nestjs-opa/mcp';

const MAX_SCOPES = 10_000;
const MAX_PER_SCOPE = 10_000;
const MAX_BYTES = 64 * 1024 * 1024;
/** What one call takes beside its text. */
const CALL_BYTES = 512;

type Key = string;

interface Scope {
  /** Ids of calls that were forgotten to make room. */
  readonly lost: Set<Key>;
  /** Something of this scope isn't known: an answer could be to any call. */
  blind: boolean;
  /** The newest ids of events that its subject was sent. */
  readonly events: Set<string>;
}

interface Noted {
  readonly scope: string;
  readonly id: Key;
  readonly calls: readonly McpCall[];
  readonly bytes: number;
}

/**
 * What was asked in each session (or by a subject without one), so that an answer that arrives on another stream than
 * its call's own is decided as that call's. What had to be forgotten counts as unknown.
 */
export class Ledger {
  private readonly scopes = new LRUCache<string, Scope>({ max: MAX_SCOPES });
  private readonly calls = new LRUCache<string, Noted>({
    maxSize: MAX_BYTES,
    sizeCalculation: ({ bytes }) => bytes,
    dispose: ({ scope, id }, _key, reason) => {
      if (reason === 'evict') this.lose(scope, id);
    },
  });

  /** Begins a session of which everything will be known. */
  begin(scope: string): void {
    if (!this.scopes.has(scope)) this.scopes.set(scope, { lost: new Set(), blind: false, events: new Set() });
  }

  /** Notes a call that goes to the upstream; `bytes` is the length of its text. */
  note(scope: string, call: McpCall, bytes: number): void {
    const id = keyOf(call.request.id);
    const key = `${scope}\n${id}`;
    const before = this.calls.get(key);
    const calls = [...(before?.calls ?? []), call];
    const size = (before?.bytes ?? 0) + bytes + CALL_BYTES;
    if (this.scopeOf(scope).lost.has(id)) return;
    // A client that uses one id for ever is not followed for ever.
    if (size > MAX_BYTES / 64) {
      this.calls.delete(key);
      this.lose(scope, id);
    } else this.calls.set(key, { scope, id, calls, bytes: size });
  }

  /** The calls that used an id; `undefined` when that can't be told. */
  callsOf(scope: string, id: JsonRpcId): readonly McpCall[] | undefined {
    const known = this.scopeOf(scope);
    return known.blind || known.lost.has(keyOf(id))
      ? undefined
      : this.calls.get(`${scope}\n${keyOf(id)}`)?.calls;
  }

  /** Notes the id of an event that goes to the scope's subject. */
  sent(scope: string, event: string): void {
    const { events } = this.scopeOf(scope);
    events.delete(event);
    events.add(event);
    const [oldest] = events;
    if (events.size > MAX_PER_SCOPE && oldest !== undefined) events.delete(oldest);
  }

  /** Whether the scope's subject was sent an event of this id. */
  wasSent(scope: string, event: string): boolean {
    return this.scopes.get(scope)?.events.has(event) ?? false;
  }

  private lose(name: string, id: Key): void {
    const scope = this.scopeOf(name);
    if (scope.lost.size < MAX_PER_SCOPE) scope.lost.add(id);
    else scope.blind = true;
  }

  private scopeOf(name: string): Scope {
    const known = this.scopes.get(name);
    if (known) return known;
    // Begun before this gateway was, or forgotten since.
    const scope = { lost: new Set<Key>(), blind: true, events: new Set<string>() };
    this.scopes.set(name, scope);
    return scope;
  }
}

const keyOf = (id: JsonRpcId): Key => JSON.stringify(id);
