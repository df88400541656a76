import type { IncomingHttpHeaders } from 'node:http';
import type { McpCall, McpCaller } from '../protocol/call.js';
import type { McpEnforcer } from '../policy/enforcer.js';
import type { McpServerEntry } from '../options/server.schema.js';
import { Admissions } from '../session/admissions.js';
import type { BodyBudget } from './body-budget.js';
import { DeclaredNames } from '../protocol/declared-names.js';
import type { HeaderRules } from '../upstream/header-rules.js';
import { Ledger } from '../session/ledger.js';
import { MirroredParams } from '../protocol/mirrored-params.js';
import { OriginRule } from './origin-rule.js';
import type { SessionSeal } from '../session/session-seal.js';
import { Tasks } from '../session/tasks.js';
import { UpstreamClient } from '../upstream/upstream-client.js';

/** What all MCP servers of a gateway share. */
export interface McpSettings {
  readonly headers: HeaderRules;
  readonly seal: SessionSeal;
  readonly bodies: BodyBudget;
  /** Whether the gateway listens on loopback alone. */
  readonly local: boolean;
  /** What tokens must be for; `undefined` when they aren't read. */
  readonly audience: string | undefined;
}

/** One MCP server behind the gateway: what its entry says, its connections, and what is known of its calls. */
export class McpServer {
  readonly upstream: UpstreamClient;
  readonly ledger = new Ledger();
  readonly tasks = new Tasks();
  readonly admissions = new Admissions();
  readonly params = new MirroredParams();
  readonly declaredNames = new DeclaredNames();
  readonly origins: OriginRule;
  /** The headers that a call went to the upstream with, for further questions on its behalf. */
  readonly sentWith = new WeakMap<McpCall, IncomingHttpHeaders>();

  constructor(
    readonly entry: McpServerEntry,
    readonly settings: McpSettings,
  ) {
    this.upstream = new UpstreamClient(entry);
    this.origins = new OriginRule(settings.local, entry.origins);
  }

  /** The audience that stands for this server: one that a token names, or its name where tokens aren't read. */
  get audience(): string {
    return this.settings.audience ?? this.entry.name;
  }
}

/** An MCP server, and what decides it. */
export interface DecidedServer {
  readonly server: McpServer;
  readonly enforcer: McpEnforcer;
}

/** Who calls, as one text; the anonymous caller is none that a token can name. */
export const subjectOf = ({ claims }: McpCaller): string => JSON.stringify([claims?.['sub'] ?? null]);
