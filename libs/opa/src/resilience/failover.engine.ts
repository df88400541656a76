import { Logger } from '@nestjs/common';
import { clearInterval, setInterval } from 'node:timers';
import type { EngineAnswer, EvaluateOptions, Query } from '../contracts/index.js';
import { BaseEngine, isUnavailable, OpaError } from '../contracts/index.js';
import { worstFailure } from './worst-failure.js';

/** The interval between health checks of an OPA that is set aside, in milliseconds. */
const PROBE_INTERVAL_MS = 1_000;

/** One of several OPAs. */
export interface FailoverMember {
  readonly engine: BaseEngine;
  /** OPA's address, for the log. */
  readonly url: string;
}

interface Member extends FailoverMember {
  isAside: boolean;
  /** Whether a health check is running. */
  isProbed: boolean;
}

/**
 * Queries several OPAs in their order. An OPA that is unreachable or late is set aside. Its health is checked every second,
 * and it is used again when it is healthy. When all OPAs are set aside, all are tried.
 *
 * @remarks The remaining time is divided evenly between the remaining OPAs, so that one hanging OPA can't use up all of
 * it. Of two OPAs, the first may take half. OPAs that are set aside divide the time that the healthy ones leave.
 */
export class FailoverEngine extends BaseEngine {
  readonly name: string;
  private readonly logger = new Logger(FailoverEngine.name);
  private readonly members: readonly Member[];
  private readonly closing = new AbortController();
  private probing: NodeJS.Timeout | undefined;

  constructor(members: readonly FailoverMember[]) {
    super();
    this.name = members[0]?.engine.name ?? 'remote';
    this.members = members.map(({ engine, url }) => ({ engine, url, isAside: false, isProbed: false }));
  }

  async evaluateNow(query: Query, options: EvaluateOptions): Promise<EngineAnswer> {
    const healthy = this.members.filter(({ isAside }) => !isAside);
    const order = [...healthy, ...this.members.filter(({ isAside }) => isAside)];
    let failure: OpaError | undefined;
    for (const [index, member] of order.entries()) {
      const now = performance.now();
      // Healthy OPAs don't reserve time for those that are set aside.
      const remaining = (index < healthy.length ? healthy.length : order.length) - index;
      const share = (options.deadline - now) / remaining;
      try {
        const answer = await member.engine.evaluateNow(query, { ...options, deadline: now + share });
        this.takeBack(member);
        return answer;
      } catch (error) {
        failure = worstFailure(failure, error);
        if (isUnavailable(error)) this.setAside(member, error);
        else if (!triesNext(error)) throw error;
        if (options.deadline - performance.now() < 1) break;
      }
    }
    throw failure ?? new OpaError('OPA_UNREACHABLE', 'No address of an OPA is configured. Set option "url".');
  }

  /** Resolves when at least one of the OPAs is ready. */
  override async ready(signal?: AbortSignal): Promise<void> {
    const results = await Promise.allSettled(this.members.map(async ({ engine }) => engine.ready?.(signal)));
    const failures = results.flatMap((result) =>
      result.status === 'rejected' ? [result.reason as unknown] : [],
    );
    if (failures.length === results.length) throw worstFailure(undefined, failures[0]);
  }

  /** Queries the OPAs in their order, until one responds. */
  override async defines(policy: string, options: EvaluateOptions): Promise<boolean | undefined> {
    let failure: OpaError | undefined;
    for (const { engine } of this.members) {
      try {
        return await engine.defines?.(policy, options);
      } catch (error) {
        failure = worstFailure(failure, error);
      }
    }
    throw worstFailure(undefined, failure);
  }

  override async close(): Promise<void> {
    this.closing.abort();
    clearInterval(this.probing);
    await Promise.all(this.members.map(async ({ engine }) => engine.close?.()));
  }

  private setAside(member: Member, error: OpaError): void {
    if (member.isAside || this.closing.signal.aborted) return;
    member.isAside = true;
    this.logger.warn(
      `OPA at ${member.url} is set aside until it is healthy: ${error.code}: ${error.message}`,
    );
    this.probing ??= setInterval(() => this.probe(), PROBE_INTERVAL_MS).unref();
  }

  private takeBack(member: Member): void {
    if (!member.isAside) return;
    member.isAside = false;
    this.logger.log(`OPA at ${member.url} is healthy again and gets queries.`);
    if (this.members.some(({ isAside }) => isAside)) return;
    clearInterval(this.probing);
    this.probing = undefined;
  }

  private probe(): void {
    for (const member of this.members) {
      if (!member.isAside || member.isProbed) continue;
      member.isProbed = true;
      void this.isHealthy(member).then((healthy) => {
        member.isProbed = false;
        if (healthy) this.takeBack(member);
      });
    }
  }

  // Logs nothing, because the reason was logged when the OPA was set aside.
  private async isHealthy({ engine }: Member): Promise<boolean> {
    try {
      await engine.ready?.(this.closing.signal);
      return !this.closing.signal.aborted;
    } catch {
      return false;
    }
  }
}

// These failures don't set an OPA aside: it has too much to do, or the input was large. The next OPA may respond.
function triesNext(error: unknown): boolean {
  return error instanceof OpaError && (error.code === 'OPA_OVERLOADED' || error.noFallback);
}
