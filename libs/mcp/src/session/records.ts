import type { MaybePromise } from 'nestjs-opa';
import type { McpPermit } from '../policy/enforcer.js';
import type { McpCall } from '../protocol/call.js';
import type { JsonRpcId } from '../protocol/json-rpc.js';

/**
 * The records of one MCP server: what a message must be compared with that arrives later, on another connection. They lie
 * in the memory of the process, or in Redis for all replicas. An operation in memory returns no promise.
 *
 * With Redis, each operation throws a GatewayError 503 when Redis fails.
 */
export interface ServerRecords {
  readonly ledger: CallLedger;
  readonly tasks: TaskRecords;
  readonly permits: PermitRecords;
}

/** The part of a permit that changes the request to the upstream. It is plain JSON. */
export type SessionPermit = Pick<McpPermit, 'headers' | 'removeHeaders'>;

/**
 * Records what the policy set on the latest allowed request of each scope. The messages that no policy decides, such as
 * notifications, have the same headers. A scope is a session, or a subject without a session.
 */
export interface PermitRecords {
  /** The permit of a scope's latest allowed request; `{}` for an unknown scope. */
  get(scope: string): MaybePromise<SessionPermit>;
  set(scope: string, permit: McpPermit): MaybePromise<void>;
  /** Forgets a scope that has ended. */
  delete(scope: string): MaybePromise<void>;
}

/** Records which receivers got which ids from a server: ids of events, of the server's requests, or of tasks. */
export interface ReceiverRecords {
  /** Records that a receiver got an id. */
  note(receiver: string, id: JsonRpcId): MaybePromise<void>;
  /** Whether the receiver got the id. */
  has(receiver: string, id: JsonRpcId): MaybePromise<boolean>;
  /** Whether other receivers got the id, and this receiver did not. */
  isOthers(receiver: string, id: JsonRpcId): MaybePromise<boolean>;
}

/** Records the calls and events of each scope. A scope is a session, or a subject without a session. */
export interface CallLedger {
  /** Whether all replicas write to the ledger, and a restart does not clear the ledger. */
  readonly isShared: boolean;
  /** The ids of the events that each scope received. */
  readonly events: ReceiverRecords;
  /** The ids of the server's requests that each subject received. */
  readonly requests: ReceiverRecords;
  /** Begins a scope whose calls the ledger records from the first one on. */
  begin(scope: string): MaybePromise<void>;
  /** Records a call that the gateway sends to the upstream; `bytes` is the length of the call's text. */
  note(scope: string, call: McpCall, bytes: number): MaybePromise<void>;
  /** Records that the client has received the response to a call. */
  settle(scope: string, call: McpCall): MaybePromise<void>;
  /** The calls with an id; `undefined` when the ledger doesn't know all of them. */
  callsOf(scope: string, id: JsonRpcId): MaybePromise<readonly McpCall[] | undefined>;
  /**
   * The other calls with the same id that have no response yet; `undefined` when the ledger doesn't know all of them. A
   * response with this id may belong to any of them.
   */
  rivalsOf(scope: string, call: McpCall): MaybePromise<readonly McpCall[] | undefined>;
}

/** The calls that began a task and whose results a policy decides; `undefined` when there were too many. */
export interface BegunTask {
  readonly calls: readonly McpCall[] | undefined;
}

/** Records which subject began which task, with the calls that began the task. */
export interface TaskRecords {
  /** Records a task of a subject; `call` began the task, and a policy decides the call's result. */
  note(subject: string, id: string, call?: McpCall): MaybePromise<void>;
  /** Finds a task of a subject; `undefined` when the subject did not begin the task. */
  find(subject: string, id: string): MaybePromise<BegunTask | undefined>;
  /** Whether other subjects have begun the task, and this subject has not. */
  isOthers(subject: string, id: string): MaybePromise<boolean>;
}
