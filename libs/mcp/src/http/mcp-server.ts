import type { IncomingHttpHeaders } from 'node:http';
import type { McpCall, McpCaller } from '../protocol/call.js';
import type { McpEnforcer } from '../policy/enforcer.js';
import type { McpServerEntry } from '../options/server.schema.js';
import { Admissions } from '../session/admissions.js';
import type { BodyBudget } from './body-budget.js';
import { DeclaredNames } from '../protocol/declared-names.js';
import type { LostBodies } from './lost-bodies.js';
import type { HeaderRules } from '../upstream/header-rules.js';
import { Ledger } from '../session/ledger.js';
import { MirroredParams } from '../protocol/mirrored-params.js';
import { OriginRule } from './origin-rule.js';
import type { ServerUrls } from './server-urls.js';
import type { SessionSeal } from '../session/session-seal.js';
import { Tasks } from '../session/tasks.js';
import { UpstreamClient } from '../upstream/upstream-client.js';

/** What all MCP servers of a module share. */
export interface McpSettings {
  readonly headers: HeaderRules;
  readonly seal: SessionSeal;
  readonly bodies: BodyBudget;
  readonly lostBodies: LostBodies;
  /** Whether the application listens on loopback alone. */
  readonly isLocal: () => boolean;
  /** What tokens must be for; `undefined` when nobody says. */
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
    readonly urls: ServerUrls,
  ) {
    const { isLocal } = settings;
    this.upstream = new UpstreamClient(entry);
    this.origins = new OriginRule({ isLocal, origins: entry.origins, publicHost: urls.publicHost });
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
