import type { ExecutionContext } from '@nestjs/common';
import type { McpTarget } from '../contracts/index.js';
import type { InputSource, SourceOptions } from '../input/index.js';
import type { ContextAudit } from './audit.js';
import type { EnforcementPoint } from './enforcement-point.js';
import type { ResultRules } from './result-rules.js';

/** What a message carries beside its payload. */
export interface MessageCarrier {
  /** The headers or metadata, with lower-case names. */
  readonly headers: Readonly<Record<string, unknown>>;
  /** The id that the framework gave the request. */
  readonly id?: unknown;
}

/** Everything the library knows about one kind of context. A new kind needs a folder that exports one adapter. */
export interface ContextAdapter {
  /**
   * Tells whether a context is of this kind.
   *
   * @remarks Kinds that share Nest's type `rpc` are tried in the order of the registry; the first match wins.
   */
  matches(context: ExecutionContext): boolean;
  /**
   * Describes a call for the input of its decision.
   *
   * @throws OpaError `OPA_BAD_INPUT` when the call lacks what the input needs
   */
  source(context: ExecutionContext, options: SourceOptions): InputSource;
  /** Returns an object that belongs to one call alone. The library stores the decisions of the call on it. */
  holder(context: ExecutionContext): object;
  /** Distinguishes several runs of one handler within one holder; `undefined` where a handler runs once. */
  run(context: ExecutionContext): unknown;
  /**
   * Names the route of a context in log messages: a template, never a path that may hold a secret.
   *
   * @returns `undefined` where the name of the handler is enough
   */
  routeLabel(context: ExecutionContext): string | undefined;
  /** Returns what carries the trace context and the id of a message; `undefined` where nothing does. */
  carrier(context: ExecutionContext): MessageCarrier | undefined;
  /** Names the MCP message of a context; `undefined` for every other kind. */
  mcpTarget(context: ExecutionContext): McpTarget | undefined;
  /** How a decision takes effect: headers, refusals, and the abort when the client disconnects. */
  readonly point: EnforcementPoint;
  /** How Nest sends a handler's result, for masks and response policies. */
  readonly results: ResultRules;
  /** The facts about handlers of this kind that the checks at start-up need. */
  readonly audit: ContextAudit;
}
