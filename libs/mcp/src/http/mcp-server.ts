import type { McpCall, McpCaller } from '../protocol/call.js';
import type { McpEnforcer } from '../policy/enforcer.js';
import type { McpServerEntry } from '../options/server.schema.js';
import { Admissions } from '../session/admissions.js';
import type { BodyBudget } from './body-budget.js';
import { DeclaredNames } from '../protocol/declared-names.js';
import { ListedTools } from '../protocol/listed-tools.js';
import type { LostBodies } from './lost-bodies.js';
import type { HeaderRules } from '../upstream/header-rules.js';
import type { CallLedger, PermitRecords, ServerRecords } from '../session/records.js';
import { MirroredParams } from '../protocol/mirrored-params.js';
import { OriginRule } from './origin-rule.js';
import type { ServerUrls } from './server-urls.js';
import type { SessionSeal } from '../session/session-seal.js';
import { Tasks } from '../session/tasks.js';
import { UpstreamClient } from '../upstream/upstream-client.js';
import type { SentWith } from '../upstream/upstream-client.js';

/** The objects and settings that all MCP servers of a module share. */
export interface McpSettings {
  readonly headers: HeaderRules;
  readonly seal: SessionSeal;
  /** Opens the records of a server, by the server's name. */
  readonly records: (server: string) => ServerRecords;
  readonly bodies: BodyBudget;
  readonly lostBodies: LostBodies;
  /** Whether the application listens on loopback only. */
  readonly isLocal: () => boolean;
  /** The option `audience` of the module, as a list; `undefined` without the option. */
  readonly audience: readonly string[] | undefined;
  /** The option `scopes` of the module. */
  readonly scopes: readonly string[];
  /** The option `maxHeaderBytes` of the module. */
  readonly maxHeaderBytes: number;
  /** Whether the gateway serves metadata that tell clients how to get a token. */
  readonly hasMetadata: boolean;
}

/**
 * One MCP server behind the gateway: its options, its connections, and the records of its calls, tasks and sessions.
 */
export class McpServer {
  readonly upstream: UpstreamClient;
  readonly ledger: CallLedger;
  readonly tasks: Tasks;
  readonly admissions = new Admissions();
  readonly permits: PermitRecords;
  readonly params = new MirroredParams();
  readonly declaredNames = new DeclaredNames();
  readonly listedTools = new ListedTools();
  readonly origins: OriginRule;
  /** The upstream headers of each call. The gateway sends them again when it lists the server's tools for the call. */
  readonly sentWith = new WeakMap<McpCall, SentWith>();

  constructor(
    readonly entry: McpServerEntry,
    readonly settings: McpSettings,
    readonly urls: ServerUrls,
  ) {
    const { isLocal } = settings;
    this.upstream = new UpstreamClient(entry, settings.maxHeaderBytes);
    const { ledger, tasks, permits } = settings.records(entry.name);
    this.ledger = ledger;
    this.tasks = new Tasks(tasks);
    this.permits = permits;
    this.origins = new OriginRule({ isLocal, origins: entry.origins, publicHost: urls.publicHost });
  }

  /** The scopes that clients request for this server. */
  get scopes(): readonly string[] {
    return this.entry.scopes ?? this.settings.scopes;
  }

  /**
   * The audience that stands for this server in policies. Of several configured audiences it is the first one that the
   * caller's token has, or else the first one. Without a configured audience it is the server's name.
   */
  audienceFor(claims: McpCaller['claims']): string {
    const audiences = this.entry.audience ?? this.settings.audience ?? [];
    const ofToken = [claims?.['aud'] ?? []].flat();
    return audiences.find((audience) => ofToken.includes(audience)) ?? audiences[0] ?? this.entry.name;
  }
}

/** An MCP server, and the enforcer that decides its messages. */
export interface DecidedServer {
  readonly server: McpServer;
  readonly enforcer: McpEnforcer;
}
