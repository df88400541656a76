import type { IncomingHttpHeaders } from 'node:http';
import type { MaybePromise } from 'nestjs-opa';
import { boundedKey } from '../protocol/bounded-key.js';
import type { McpCall, McpEra } from '../protocol/call.js';
import { GatewayError } from '../protocol/gateway-error.js';
import type { JsonRpcId } from '../protocol/json-rpc.js';
import { INVALID_REQUEST } from '../protocol/parse.js';
import type { McpPermit } from '../policy/enforcer.js';
import type { CallLedger, PermitRecords, SessionPermit } from './records.js';
import type { Session, SessionSeal } from './session-seal.js';

/** The name, the seal and the ledger of an MCP server, which {@link SubjectSession} uses. */
export interface SessionRecords {
  /** The name of the MCP server. */
  readonly name: string;
  readonly seal: SessionSeal;
  readonly ledger: CallLedger;
  readonly permits: PermitRecords;
}

/**
 * The session of one HTTP request, or the subject's calls without a session. This class also decides which events and
 * server requests the subject may refer to.
 */
export class SubjectSession {
  private session: Session | undefined;
  private latest: McpPermit = {};

  constructor(
    private readonly records: SessionRecords,
    private readonly subject: string,
    private readonly isAnonymous: boolean,
  ) {}

  /** Whether the request names a session, or the upstream's response has opened one. */
  get isOpen(): boolean {
    return this.session !== undefined;
  }

  /** The ledger's key for the subject's calls in this session, or for its calls without a session. */
  get scope(): string {
    return boundedKey(this.subject, JSON.stringify(this.session?.upstream ?? null));
  }

  /**
   * Enters the session that the request names. Does nothing when the request names no session.
   *
   * @throws GatewayError 404 when the session id is invalid, or belongs to another subject
   */
  enter({ 'mcp-session-id': id }: IncomingHttpHeaders): void {
    if (id === undefined) return;
    this.session = this.records.seal.open(String(id), this.bound);
    if (this.session === undefined) throw new GatewayError(404, INVALID_REQUEST, 'Session not found');
  }

  /** Records the session that the upstream has opened. Does nothing when the upstream opened no session. */
  async open(upstreamId: unknown): Promise<void> {
    if (typeof upstreamId !== 'string') return;
    this.session = this.records.seal.seal(upstreamId, this.bound);
    await this.records.ledger.begin(this.scope);
    await this.records.permits.set(this.scope, this.latest);
  }

  /** Records the permit of the exchange's allowed request. */
  async notePermit(permit: McpPermit, era: McpEra): Promise<void> {
    this.latest = permit;
    if (!this.hasPermits) return;
    const stored = this.records.permits.set(this.scope, permit);
    // A request of the modern era needs no record, so it waits for none.
    if (era === 'modern') void withoutFailure(stored);
    else await stored;
  }

  /**
   * What the policy sets on a message that it does not decide: the same as on the latest allowed request of the session,
   * or of the subject without a session. All anonymous callers are one subject, so without a session they have none.
   */
  async permit(): Promise<SessionPermit> {
    return this.hasPermits ? this.records.permits.get(this.scope) : {};
  }

  /** Forgets the session, because the upstream has ended it. */
  async end(): Promise<void> {
    await withoutFailure(this.records.permits.delete(this.scope));
  }

  /** Records a call that the gateway sends to the upstream; `bytes` is the length of the call's text. */
  async noteCall(call: McpCall, bytes: number): Promise<void> {
    // In the modern era a response arrives only on its call's own stream, so the ledger is not needed.
    if (call.era === 'modern') return;
    const { ledger } = this.records;
    // Without a session the ledger records all calls of the subject to this server.
    if (this.session === undefined) await ledger.begin(this.scope);
    await ledger.note(this.scope, call, bytes);
  }

  /** Records that the client has received the response to a call. */
  async settle(call: McpCall): Promise<void> {
    if (call.era !== 'modern') await this.records.ledger.settle(this.scope, call);
  }

  /** Records an event that the gateway sends to the client. */
  async noteEvent(id: string): Promise<void> {
    // The stream goes on. Nobody can resume a stream after an event without a record.
    await withoutFailure(this.records.ledger.events.note(this.scope, id));
  }

  /** Whether the client may resume a stream after an event. It must not resume after an event of another scope. */
  async mayResume(event: string): Promise<boolean> {
    const { events, isShared } = this.records.ledger;
    if (this.session === undefined || isShared) return events.has(this.scope, event);
    // In a session the client may have received the event from another replica, or before this process started. So only
    // an event of another scope is refused.
    return !(await events.isOthers(this.scope, event));
  }

  /**
   * Whether the client may respond to a server's request with this id. In a session it may. Without a session it must not,
   * when only other subjects received the request.
   */
  async mayRespond(id: JsonRpcId | null): Promise<boolean> {
    if (this.session !== undefined || id === null) return true;
    return !(await this.records.ledger.requests.isOthers(this.subject, id));
  }

  /** The request header with the upstream's id of the session. */
  toUpstream(): IncomingHttpHeaders {
    return this.session === undefined ? {} : { 'mcp-session-id': this.session.upstream };
  }

  /** The response header with the client's id of the session; `{}` unless the upstream's response names the session. */
  toClient({ 'mcp-session-id': id }: IncomingHttpHeaders): IncomingHttpHeaders {
    const { session } = this;
    return session !== undefined && id === session.upstream ? { 'mcp-session-id': session.id } : {};
  }

  private get hasPermits(): boolean {
    return this.isOpen || !this.isAnonymous;
  }

  private get bound(): string {
    return JSON.stringify([this.records.name, this.subject]);
  }
}

/** Waits for an operation, and ignores that Redis failed. The log has the failure. */
async function withoutFailure(operation: MaybePromise<void>): Promise<void> {
  try {
    await operation;
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
  }
}
