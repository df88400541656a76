import { Logger } from '@nestjs/common';
import type { Decision, EngineAnswer, PolicyEngine } from '../contracts/index.js';
import { assertPolicyPath, isGone, OpaError } from '../contracts/index.js';
import type { WouldDeny } from './permissive-report.js';
import { PermissiveReport } from './permissive-report.js';
import { readDecision } from './read-decision.js';
import type { RouteReport } from './routes.js';
import type { EngineSnapshot, OpaStats, TransportSnapshot } from './stats.js';
import { DecisionCounter } from './stats.js';

/** A question to {@link OpaService}. */
export interface OpaQuestion {
  /** The policy path, `a/b/c` under `data`. Default: the module's `policy`. */
  readonly policy?: string | undefined;
  /** What the policy sees as `input`. */
  readonly input: unknown;
  /** Cancels the decision. */
  readonly signal?: AbortSignal | undefined;
  /** The time for the whole decision, in milliseconds. Default: the module's `timeout`. */
  readonly timeout?: number | undefined;
  /** `'permissive'` for this question alone; a module that is permissive or disabled stays so. */
  readonly mode?: 'enforce' | 'permissive' | undefined;
}

/** What an {@link OpaService} works with. */
export interface OpaServiceSettings {
  readonly engine: PolicyEngine;
  readonly policy?: string | undefined;
  readonly timeout: number;
  readonly mode: 'enforce' | 'permissive' | 'disabled';
  /** Let through what an unreachable or late OPA can't decide. */
  readonly failOpen: boolean;
  /** What {@link OpaService.stats} shows beside the decisions. */
  readonly snapshot?: () => TransportSnapshot & EngineSnapshot;
  /** Forgets every cached decision. */
  readonly purge?: () => Promise<void>;
  /** What the start-up audit found. */
  readonly routes?: () => readonly RouteReport[];
}

/** Asks for decisions. */
export class OpaService {
  private readonly logger = new Logger(OpaService.name);
  private readonly counter: DecisionCounter;
  private readonly reported = new Set<string>();
  private readonly wouldDeny = new PermissiveReport();

  constructor(private readonly settings: OpaServiceSettings) {
    this.counter = new DecisionCounter(settings.snapshot);
  }

  /**
   * Asks for a decision.
   *
   * @returns a decision for allow, deny, undefined, and everything degraded
   * @throws OpaError otherwise: whoever gets none must not let the request through
   */
  async decide(question: OpaQuestion): Promise<Decision> {
    const begin = performance.now();
    const policy = this.policyOf(question);
    const { engine, mode } = this.settings;
    const permissive = mode === 'permissive' || question.mode === 'permissive';
    if (mode === 'disabled') return this.counter.count(stand(policy, 'disabled', 'allow', 0));
    try {
      const answer = await this.ask(policy, question, begin);
      const verdict = readDecision(answer, policy);
      const decision: Decision = {
        ...verdict,
        result: answer.result,
        ...(answer.id !== undefined && { id: answer.id }),
        policy,
        engine: answer.engine ?? engine.name,
        cached: answer.cached ?? false,
        ...(answer.degraded !== undefined && { degraded: answer.degraded }),
        durationMs: performance.now() - begin,
      };
      return this.counter.count(decision.allowed ? decision : this.refused(decision, permissive));
    } catch (error) {
      return this.counter.count(this.unavailable(error, policy, begin, permissive));
    }
  }

  /**
   * Gives a policy's document without making a decision of it.
   *
   * @typeParam T - the document's type; it isn't checked
   * @returns the document, or `undefined` when the policy is undefined for the input
   * @throws OpaError when there is no answer, in every mode
   */
  async evaluate<T = unknown>(question: OpaQuestion): Promise<T | undefined> {
    const answer = await this.ask(this.policyOf(question), question, performance.now());
    return answer.result as T | undefined;
  }

  /**
   * Resolves when the engine can decide.
   *
   * @throws OpaError that says why it can't
   */
  async ready(signal?: AbortSignal): Promise<void> {
    if (this.settings.mode !== 'disabled') await this.settings.engine.ready?.(signal);
  }

  /** Forgets every cached decision, after a change that the policy's own data doesn't show; without a cache, nothing. */
  async purge(): Promise<void> {
    await this.settings.purge?.();
  }

  /** A snapshot of sockets and decisions. */
  stats(): OpaStats {
    return this.counter.snapshot();
  }

  /** Every handler of the application, with what decides it, or that nothing does. Complete once the application has started. */
  routes(): readonly RouteReport[] {
    return this.settings.routes?.() ?? [];
  }

  /** What permissive policies, of the module or of a handler, would have stopped since the start. */
  permissiveReport(): readonly WouldDeny[] {
    return this.wouldDeny.list();
  }

  private ask(policy: string, question: OpaQuestion, begin: number): Promise<EngineAnswer> {
    const deadline = begin + (question.timeout ?? this.settings.timeout);
    return this.settings.engine.evaluate(
      { policy, input: question.input },
      { deadline, signal: question.signal },
    );
  }

  private policyOf({ policy = this.settings.policy }: OpaQuestion): string {
    if (policy === undefined) {
      throw new OpaError(
        'OPA_BAD_OPTIONS',
        'No policy was named: give `policy`, or the module option "policy".',
      );
    }
    return assertPolicyPath(policy, 'policy');
  }

  private refused(decision: Decision, permissive: boolean): Decision {
    const { policy, reasons } = decision;
    const outcome = decision.outcome === 'undefined' ? 'undefined' : 'deny';
    if (outcome === 'undefined' && !this.reported.has(policy) && this.reported.size < 1_000) {
      this.reported.add(policy);
      this.logger.warn(
        `The policy "${policy}" is undefined: is its path right, and loaded? Undefined is denied.`,
      );
    }
    if (!permissive) return decision;
    this.wouldDeny.add(policy, outcome, reasons);
    this.logger.warn(`Permissive: the policy "${policy}" would have stopped a request (${outcome}).`);
    return { ...decision, allowed: true, degraded: 'permissive' };
  }

  private unavailable(error: unknown, policy: string, begin: number, permissive: boolean): Decision {
    const failure = error instanceof OpaError ? error : engineFailed(error);
    const degraded = this.degradationFor(failure, permissive);
    if (degraded === undefined) {
      this.counter.countError();
      throw failure;
    }
    if (degraded === 'permissive') this.wouldDeny.add(policy, failure.code, []);
    this.logger.warn(`Let through (${degraded}), policy "${policy}": ${failure.code}: ${failure.message}`);
    const { engine } = this.settings;
    return { ...stand(policy, engine.name, 'unavailable', performance.now() - begin), degraded };
  }

  // Only an OPA that isn't there may open a door, never a flood, a bad answer or a refused credential.
  private degradationFor(error: OpaError, permissive: boolean): 'fail-open' | 'permissive' | undefined {
    if (error.code === 'OPA_ABORTED') return undefined;
    if (permissive) return 'permissive';
    return isGone(error) && this.settings.failOpen ? 'fail-open' : undefined;
  }
}

function stand(
  policy: string,
  engine: string,
  outcome: 'allow' | 'unavailable',
  durationMs: number,
): Decision {
  return {
    outcome,
    allowed: true,
    result: undefined,
    reasons: [],
    obligations: [],
    policy,
    engine,
    cached: false,
    durationMs,
  };
}

function engineFailed(error: unknown): OpaError {
  return new OpaError('OPA_POLICY_ERROR', 'The policy engine failed.', { cause: error });
}
