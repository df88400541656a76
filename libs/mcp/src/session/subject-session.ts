import type { IncomingHttpHeaders } from 'node:http';
import { boundedKey } from '../protocol/bounded-key.js';
import type { McpCall } from '../protocol/call.js';
import { GatewayError } from '../protocol/gateway-error.js';
import type { JsonRpcId } from '../protocol/json-rpc.js';
import { INVALID_REQUEST } from '../protocol/parse.js';
import type { Ledger } from './ledger.js';
import type { Session, SessionSeal } from './session-seal.js';

/** What a subject's session is read and recorded with. */
export interface SessionRecords {
  /** The name of the MCP server. */
  readonly name: string;
  readonly seal: SessionSeal;
  readonly ledger: Ledger;
}

/** The session that one HTTP request belongs to, and what its subject was sent; without a session, the subject's own. */
export class SubjectSession {
  private session: Session | undefined;

  constructor(
    private readonly records: SessionRecords,
    private readonly subject: string,
  ) {}

  /** Whether the request names a session, or has opened one. */
  get isOpen(): boolean {
    return this.session !== undefined;
  }

  /** What the subject's calls are known under: its session, or those without one. */
  get scope(): string {
    return boundedKey(this.subject, JSON.stringify(this.session?.upstream ?? null));
  }

  /**
   * Finds the session that the request names.
   *
   * @throws GatewayError 404 when it is another subject's, or none
   */
  enter({ 'mcp-session-id': id }: IncomingHttpHeaders): void {
    if (id === undefined) return;
    this.session = this.records.seal.open(String(id), this.bound);
    if (this.session === undefined) throw new GatewayError(404, INVALID_REQUEST, 'Session not found');
  }

  /** Opens the session that the upstream has opened; gives the client's headers for it. */
  open(upstreamId: unknown): IncomingHttpHeaders {
    if (typeof upstreamId !== 'string') return {};
    this.session = this.records.seal.seal(upstreamId, this.bound);
    this.records.ledger.begin(this.scope);
    return { 'mcp-session-id': this.session.id };
  }

  /** Notes a call that goes to the upstream; `bytes` is the length of its text. */
  noteCall(call: McpCall, bytes: number): void {
    // The newer era has no stream that an answer could arrive on but the call's own.
    if (call.era === 'modern') return;
    const { ledger } = this.records;
    // Without a session all is known of what the subject does here.
    if (this.session === undefined) ledger.begin(this.scope);
    ledger.note(this.scope, call, bytes);
  }

  /** Notes an event that goes to the client. */
  noteEvent(id: string): void {
    this.records.ledger.events.note(this.scope, id);
  }

  /** Whether the client may go on after an event: what others were sent is theirs. */
  mayResume(event: string): boolean {
    const { events } = this.records.ledger;
    // A session's upstream may have sent it through another gateway, or before this one was started.
    return this.session === undefined ? events.has(this.scope, event) : !events.isOthers(this.scope, event);
  }

  /** Whether the client may answer a request of the server: in a session, and else what others alone were not sent. */
  mayAnswer(id: JsonRpcId | null): boolean {
    if (this.session !== undefined || id === null) return true;
    return !this.records.ledger.requests.isOthers(this.subject, id);
  }

  /** The header that names the session to the upstream. */
  toUpstream(): IncomingHttpHeaders {
    return this.session === undefined ? {} : { 'mcp-session-id': this.session.upstream };
  }

  /** The header that names the session to the client, where the upstream's response names it. */
  toClient({ 'mcp-session-id': id }: IncomingHttpHeaders): IncomingHttpHeaders {
    const { session } = this;
    return session !== undefined && id === session.upstream ? { 'mcp-session-id': session.id } : {};
  }

  private get bound(): string {
    return JSON.stringify([this.records.name, this.subject]);
  }
}
