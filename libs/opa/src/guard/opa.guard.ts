import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { ForbiddenException, Inject, Injectable, Logger, Optional } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { Decision } from '../contracts/index.js';
import { OpaError } from '../contracts/index.js';
import type { DecisionRecord } from '../decision/index.js';
import { findRecord, keepRecord } from '../decision/index.js';
import {
  applyToRequest,
  declared,
  denial,
  EnforcementLocator,
  failure,
  httpReply,
  OpaEnforcement,
  stripHeaders,
  whileConnected,
} from '../enforcement/index.js';
import { httpRequest } from '../input/index.js';

type Mutable = DecisionRecord & { decision: Promise<Decision | undefined> };

/**
 * Asks OPA before a handler runs: by `@UseGuards(OpaGuard)`, or for all by `APP_GUARD` with `useExisting: OpaGuard`.
 *
 * @remarks Whatever is not an allow is an exception: 403 for a denial and an undefined policy, 503, 504 or 500 when no
 * decision could be had. Met twice for one handler, it asks once a request.
 */
@Injectable()
export class OpaGuard implements CanActivate {
  private readonly logger = new Logger(OpaGuard.name);
  private readonly enforcements: EnforcementLocator;
  private readonly warned = new Set<string>();

  constructor(
    @Inject(ModuleRef) modules: ModuleRef,
    @Optional() @Inject(OpaEnforcement) unnamed?: OpaEnforcement,
  ) {
    this.enforcements = new EnforcementLocator(modules, unnamed);
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const type = context.getType<string>();
    if (type !== 'http') {
      this.logger.error(`A context of type "${type}" is not known to OpaGuard; it is refused.`);
      throw new ForbiddenException('Forbidden by policy');
    }
    const known = findRecord(context);
    if (known !== undefined) {
      await known.decision;
      return true;
    }
    const record = { handler: context.getHandler(), controller: context.getClass() } as Mutable;
    keepRecord(context, record);
    record.decision = this.decide(context, record);
    await record.decision;
    return true;
  }

  private async decide(context: ExecutionContext, record: DecisionRecord): Promise<Decision | undefined> {
    const reply = httpReply(context);
    let decision: Decision | undefined;
    try {
      decision = await this.ask(context, record);
    } catch (error) {
      throw error instanceof ForbiddenException ? error : failure(error, reply);
    }
    if (decision === undefined) return undefined;
    // Whoever replaced OpaService in a test may give anything; only `true` is an allow.
    if ((decision.allowed as unknown) !== true) throw denial(decision, reply);
    if (decision.degraded !== 'permissive') {
      this.refuseObligations(decision);
      applyToRequest(httpRequest(context), decision);
    }
    record.made = decision;
    return decision;
  }

  private async ask(context: ExecutionContext, record: DecisionRecord): Promise<Decision | undefined> {
    const declaration = declared(context);
    const enforcement = this.enforcements.find(declaration?.instance);
    const { service, settings } = enforcement;
    stripHeaders(httpRequest(context), settings.policyHeaders);
    if (declaration !== undefined && declaration.policy === undefined) return undefined;
    const policy = declaration?.policy ?? settings.policy;
    if (policy === undefined) {
      this.checkUnguarded(context, settings.unguarded);
      return undefined;
    }
    try {
      const input = await enforcement.input(context);
      record.input = input;
      const timeout = declaration?.timeout;
      return await whileConnected(httpReply(context), (signal) =>
        service.decide({ policy, input, signal, timeout }),
      );
    } catch (error) {
      const notBuilt =
        error instanceof OpaError && error.code === 'OPA_BAD_INPUT' && settings.mode === 'permissive';
      if (!notBuilt) throw error;
      this.logger.warn(`Permissive: the policy "${policy}" could not be asked: ${error.message}`);
      return undefined;
    }
  }

  private checkUnguarded(context: ExecutionContext, unguarded: 'deny' | 'allow'): void {
    const name = `${context.getClass().name}.${context.getHandler().name}`;
    if (!this.warned.has(name)) {
      this.warned.add(name);
      this.logger.warn(`${name} is under OpaGuard and names no policy: unguarded: "${unguarded}".`);
    }
    if (unguarded === 'deny') throw new ForbiddenException('Forbidden by policy');
  }

  // An obligation that nobody carries out turns a permit into a denial.
  private refuseObligations({ obligations, policy }: Partial<Decision>): void {
    const [first] = obligations ?? [];
    if (first === undefined) return;
    this.logger.error(
      `The policy "${policy ?? ''}" allows with an obligation "${first.type}", which nobody carries out before a handler: denied.`,
    );
    throw new ForbiddenException('Forbidden by policy');
  }
}
