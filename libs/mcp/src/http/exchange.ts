import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { HeaderValues } from 'nestjs-opa';
import { pickHeaders, setHeaders } from 'nestjs-opa/internal';
import { INVALID_REQUEST } from '../protocol/parse.js';
import type { JsonRpcId } from '../protocol/json-rpc.js';
import type { McpCall, McpCaller } from '../protocol/call.js';
import type { McpEnforcer, McpPermit } from '../policy/enforcer.js';
import type { ClientRequest } from './client-request.js';
import { boundedKey } from '../protocol/bounded-key.js';
import { GatewayError } from '../protocol/gateway-error.js';
import { settable } from '../upstream/header-rules.js';
import { subjectOf } from './mcp-server.js';
import type { DecidedServer, McpServer } from './mcp-server.js';
import type { Session } from '../session/session-seal.js';

/** One request of a client to an MCP server, and its answer. */
export class Exchange {
  readonly server: McpServer;
  readonly enforcer: McpEnforcer;
  readonly caller: McpCaller;
  readonly subject: string;
  /** Aborted when the client has gone, or the gateway ends the answer. */
  readonly signal: AbortSignal;
  /** The id of the client's request, once it is read. */
  id: JsonRpcId | undefined;
  /** The headers that repeat what the message says, and were compared with it; the older era has none. */
  compared: readonly string[] = [];
  /** The session that the request names, once {@link Exchange.enter} has found it. */
  session: Session | undefined;
  private readonly abort = new AbortController();
  private permit: McpPermit = {};
  /** What policies want set on the answer. */
  private added: HeaderValues = {};

  constructor(
    { server, enforcer }: DecidedServer,
    readonly request: ClientRequest,
    readonly reply: FastifyReply,
  ) {
    server.settings.headers.strip(request);
    this.server = server;
    this.enforcer = enforcer;
    this.caller = {
      claims: request.claims,
      audience: server.audience,
      ip: request.ip,
      headers: pickHeaders(request.headers, server.settings.headers.seen),
    };
    this.subject = subjectOf(this.caller);
    this.signal = this.abort.signal;
    const { raw } = reply;
    if (raw.destroyed) this.end();
    raw.once('close', () => {
      if (!raw.writableFinished) this.end();
    });
  }

  /** Ends what is under way for this request. */
  end(): void {
    this.abort.abort();
  }

  /** Ends a stream as a whole one. */
  finish(): void {
    const { raw } = this.reply;
    if (raw.headersSent) raw.end();
    this.end();
  }

  /** Notes a call that goes to the upstream; `bytes` is the length of its text. */
  note(call: McpCall, bytes: number): void {
    // The newer era has no stream that an answer could arrive on but the call's own.
    if (call.era === 'modern') return;
    // Without a session all is known of what the subject does here.
    if (this.session === undefined) this.server.ledger.begin(this.scope);
    this.server.ledger.note(this.scope, call, bytes);
  }

  /**
   * Finds the session that the request names.
   *
   * @throws GatewayError 404 when it is another subject's, or none
   */
  enter(): void {
    const named = this.request.headers['mcp-session-id'];
    if (named === undefined) return;
    this.session = this.server.settings.seal.open(String(named), this.bound);
    if (this.session === undefined) throw new GatewayError(404, INVALID_REQUEST, 'Session not found');
  }

  /** Opens the session that the upstream has opened; gives the client's headers for it. */
  open(upstream: unknown): IncomingHttpHeaders {
    if (typeof upstream !== 'string') return {};
    this.session = this.server.settings.seal.seal(upstream, this.bound);
    this.server.ledger.begin(this.scope);
    return { 'mcp-session-id': this.session.id };
  }

  /** Notes an event that goes to the client. */
  sent(event: string): void {
    this.server.ledger.events.note(this.scope, event);
  }

  /** Whether the client may go on after an event: what others were sent is theirs. */
  mayResume(event: string): boolean {
    const { events } = this.server.ledger;
    // A session's upstream may have sent it through another gateway, or before this one was started.
    return this.session === undefined ? events.has(this.scope, event) : !events.isOthers(this.scope, event);
  }

  /** Whether the client may answer a request of the server: in a session, and else what others alone were not sent. */
  mayAnswer(id: JsonRpcId | null): boolean {
    if (this.session !== undefined || id === null) return true;
    return !this.server.ledger.requests.isOthers(this.subject, id);
  }

  /** What the subject's calls are known under: its session, or those without one. */
  get scope(): string {
    return boundedKey(this.subject, JSON.stringify(this.session?.upstream ?? null));
  }

  /** Takes what an allow brings along. */
  allow(permit: McpPermit): void {
    this.permit = permit;
    this.addHeaders(permit.responseHeaders);
  }

  /** Has a policy's headers set on the answer, unless that has begun by then. */
  addHeaders(headers: HeaderValues | undefined): void {
    this.added = { ...this.added, ...settable(headers) };
  }

  /** Sets the headers of the answer: those that are given, and then the policies'. */
  setHeaders(given: IncomingHttpHeaders = {}): void {
    this.reply.headers(given);
    setHeaders(this.reply, this.added);
  }

  /** What the upstream gets of the request's headers, once the policy has allowed it. */
  upstreamHeaders(): IncomingHttpHeaders {
    return {
      ...this.server.settings.headers.toUpstream(this.request.headers, this.compared, this.permit),
      ...(this.session !== undefined && { 'mcp-session-id': this.session.upstream }),
    };
  }

  /** What the client gets of the upstream's headers; the session's id as the client knows it. */
  clientHeaders(given: IncomingHttpHeaders): IncomingHttpHeaders {
    const { session } = this;
    const known = session !== undefined && given['mcp-session-id'] === session.upstream;
    return {
      ...this.server.settings.headers.toClient(given),
      ...(known && { 'mcp-session-id': session.id }),
    };
  }

  private get bound(): string {
    return JSON.stringify([this.server.entry.name, this.subject]);
  }
}
