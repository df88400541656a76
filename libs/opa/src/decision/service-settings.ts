import type { PolicyEngine } from '../contracts/index.js';
import type { ExceptionIn } from './enforce.js';
import type { InputLimits } from './engine-query.js';
import type { RouteReport } from './route-report.js';
import type { EngineSnapshot, TransportSnapshot } from './stats.js';
import type { InFlightDecisions } from './in-flight-decisions.js';

/** What an `OpaService` works with. */
export interface OpaServiceSettings {
  readonly engine: PolicyEngine;
  /** The decisions that a shutdown waits for. Default: the service's own. */
  readonly inFlight?: InFlightDecisions;
  readonly policy?: string | undefined;
  readonly timeout: number;
  readonly mode: 'enforce' | 'permissive' | 'disabled';
  /** Let through what an unreachable or late OPA can't decide. */
  readonly failOpen: boolean;
  /** The largest inputs. Default: those for an engine outside the process. */
  readonly inputLimits?: InputLimits | undefined;
  /** What `OpaService.stats` shows beside the decisions. */
  readonly snapshot?: () => TransportSnapshot & EngineSnapshot;
  /** Forgets every cached decision. */
  readonly purge?: () => Promise<void>;
  /** Gives an exception of `enforce` the form of a context. */
  readonly exceptionIn?: ExceptionIn;
  /** What the start-up audit found. */
  readonly routes?: () => readonly RouteReport[];
}
