import { Logger } from '@nestjs/common';
import { clearInterval, setInterval } from 'node:timers';
import type { EngineAnswer, EvaluateOptions, PolicyEngine, Query } from '../contracts/index.js';
import { isGone, OpaError } from '../contracts/index.js';
import { worstFailure } from './worst-failure.js';

/** How often an OPA that is set aside is asked whether it is back, in milliseconds. */
const PROBE_EVERY_MS = 1_000;

/** One of several OPAs. */
export interface FailoverMember {
  readonly engine: PolicyEngine;
  /** Its address, for the log. */
  readonly url: string;
}

/**
 * Several OPAs, asked in their order. One that can't be reached or is late is set aside, asked for its health every
 * second, and taken back when it is well. When all are set aside, all are tried.
 *
 * @remarks So that one that hangs doesn't use up the whole time, a try that isn't the last one gets an even share of
 * what is left: of two, the first may take half. Those that are set aside share what the others have left.
 */
export class FailoverEngine implements PolicyEngine {
  readonly name: string;
  private readonly logger = new Logger(FailoverEngine.name);
  private readonly members: readonly Member[];
  private readonly closing = new AbortController();
  private probing: NodeJS.Timeout | undefined;

  constructor(members: readonly FailoverMember[]) {
    this.name = members[0]?.engine.name ?? 'remote';
    this.members = members.map(({ engine, url }) => ({ engine, url, aside: false, probed: false }));
  }

  async evaluate(query: Query, options: EvaluateOptions): Promise<EngineAnswer> {
    const well = this.members.filter(({ aside }) => !aside);
    const order = [...well, ...this.members.filter(({ aside }) => aside)];
    let failure: OpaError | undefined;
    for (const [index, member] of order.entries()) {
      const now = performance.now();
      // Those that are set aside take no time from those that are well.
      const left = (index < well.length ? well.length : order.length) - index;
      const share = (options.deadline - now) / left;
      try {
        const answer = await member.engine.evaluate(query, { ...options, deadline: now + share });
        this.takeBack(member);
        return answer;
      } catch (error) {
        failure = worstFailure(failure, error);
        if (isGone(error)) this.setAside(member, error);
        else if (!triesNext(error)) throw error;
        if (options.deadline - performance.now() < 1) break;
      }
    }
    throw failure ?? new OpaError('OPA_UNREACHABLE', 'There is no OPA to ask.');
  }

  /** Ready when one of them is. */
  async ready(signal?: AbortSignal): Promise<void> {
    const asked = await Promise.allSettled(this.members.map(async ({ engine }) => engine.ready?.(signal)));
    const failures = asked.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
    if (failures.length === asked.length) throw worstFailure(undefined, failures[0]);
  }

  /** By the first that can be asked. */
  async defines(policy: string, options: EvaluateOptions): Promise<boolean | undefined> {
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

  async close(): Promise<void> {
    this.closing.abort();
    clearInterval(this.probing);
    await Promise.all(this.members.map(async ({ engine }) => engine.close?.()));
  }

  private setAside(member: Member, error: OpaError): void {
    if (member.aside || this.closing.signal.aborted) return;
    member.aside = true;
    this.logger.warn(`OPA at ${member.url} is set aside: ${error.code}: ${error.message}`);
    this.probing ??= setInterval(() => this.probe(), PROBE_EVERY_MS).unref();
  }

  private takeBack(member: Member): void {
    if (!member.aside) return;
    member.aside = false;
    this.logger.log(`OPA at ${member.url} is taken back.`);
    if (this.members.some(({ aside }) => aside)) return;
    clearInterval(this.probing);
    this.probing = undefined;
  }

  private probe(): void {
    for (const member of this.members) {
      if (!member.aside || member.probed) continue;
      member.probed = true;
      void this.isWell(member).then((well) => {
        member.probed = false;
        if (well) this.takeBack(member);
      });
    }
  }

  // Why it isn't has been told when it was set aside.
  private async isWell({ engine }: Member): Promise<boolean> {
    try {
      await engine.ready?.(this.closing.signal);
      return !this.closing.signal.aborted;
    } catch {
      return false;
    }
  }
}

// The next one may have an answer, and this one is well: it has too much to do, or the input was large.
function triesNext(error: unknown): boolean {
  return error instanceof OpaError && (error.code === 'OPA_OVERLOADED' || error.noFallback);
}

interface Member extends FailoverMember {
  aside: boolean;
  /** A probe is under way. */
  probed: boolean;
}
