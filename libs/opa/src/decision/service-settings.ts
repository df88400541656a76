import type { ExecutionContext } from '@nestjs/common';
import type { OpaDecisionOrigin, PolicyEngine } from '../contracts/index.js';
import type { DecisionEvents } from '../observability/index.js';
import type { ExceptionIn } from './enforce.js';
import type { InputLimits } from './engine-query.js';
import type { RouteReport } from './route-report.js';
import type { EngineSnapshot, InFlightDecisions, TransportSnapshot } from './stats.js';

/** The settings of an `OpaService`. */
export interface OpaServiceSettings {
  /** Evaluates the policies. */
  readonly engine: PolicyEngine;
  /** Publishes the decisions. Default: under the unnamed instance. */
  readonly events?: DecisionEvents | undefined;
  /** Counts the running decisions, so that a shutdown can wait for them. Default: a counter of this service alone. */
  readonly inFlight?: InFlightDecisions;
  /** The policy of queries that name none. */
  readonly policy?: string | undefined;
  /** The time for a decision, in milliseconds. */
  readonly timeout: number;
  /** Whether refusals stop requests (`enforce`), are only reported (`permissive`), or no policy is evaluated. */
  readonly mode: 'enforce' | 'permissive' | 'disabled';
  /** Whether a request passes when OPA is unreachable or late. */
  readonly failOpen: boolean;
  /** The largest inputs. Default: 2 MiB for requests, 8 MiB for results. */
  readonly inputLimits?: InputLimits | undefined;
  /** Gives the rest of the snapshot of `OpaService.stats`. */
  readonly snapshot?: () => TransportSnapshot & EngineSnapshot;
  /** Removes every cached decision. */
  readonly purge?: () => Promise<void>;
  /** Converts an exception of `enforce` to the form of a context. */
  readonly exceptionIn?: ExceptionIn;
  /** Says what a decision about a context is about, for decision events. */
  readonly originIn?: (context: ExecutionContext) => OpaDecisionOrigin;
  /** Gives the entries of the start-up audit. */
  readonly routes?: () => readonly RouteReport[];
}
