import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { Decision } from '../contracts/index.js';
import { OpaError } from '../contracts/index.js';
import type { DecisionRecord } from '../decision/index.js';
import { combinedGroups, findRecord, keepRecord } from '../decision/index.js';
import type { Declaration } from '../decorators/index.js';
import type { EnforcementPoint } from '../enforcement/index.js';
import {
  declared,
  denial,
  EnforcementLocator,
  failure,
  obligationsOf,
  OpaEnforcement,
  ownDenial,
  pointOf,
  Refused,
} from '../enforcement/index.js';

type Mutable = DecisionRecord & { decision: Promise<Decision | undefined> };

/**
 * Asks OPA before a handler runs: by `@UseGuards(OpaGuard)`, or for all by `APP_GUARD` with `useExisting: OpaGuard`.
 *
 * @remarks Whatever is not an allow is an exception in the form of the context: on HTTP 403 for a denial and an
 * undefined policy, 503, 504 or 500 when no decision could be had. Met twice for one handler, it asks once a request.
 * A context of a kind that isn't known is refused.
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
    const point = pointOf(context);
    const known = findRecord(context);
    if (known !== undefined) {
      await known.decision;
      return true;
    }
    const record = { handler: context.getHandler(), controller: context.getClass() } as Mutable;
    keepRecord(context, record);
    record.decision = this.decide(context, point, record);
    await record.decision;
    return true;
  }

  private async decide(
    context: ExecutionContext,
    point: EnforcementPoint,
    record: DecisionRecord,
  ): Promise<Decision | undefined> {
    try {
      const enforcement = this.enforcements.find(declared(context)?.instance);
      const decision = await this.ask(enforcement, context, point, record);
      if (decision === undefined) return undefined;
      // Whoever replaced OpaService in a test may give anything; only `true` is an allow.
      if ((decision.allowed as unknown) !== true)
        throw new Refused(await enforcement.obligations.deny(context, decision));
      if (decision.degraded !== 'permissive') {
        if (obligationsOf(decision).length > 0)
          record.edits = await enforcement.fulfil(context, decision, false);
        point.permit(context, decision);
      }
      record.made = decision;
      return decision;
    } catch (error) {
      throw error instanceof Refused ? await denial(context, error.decision) : await failure(context, error);
    }
  }

  private async ask(
    enforcement: OpaEnforcement,
    context: ExecutionContext,
    point: EnforcementPoint,
    record: DecisionRecord,
  ): Promise<Decision | undefined> {
    const declaration = declared(context);
    const { settings } = enforcement;
    point.strip(context, settings.policyHeaders);
    const policies = declaration?.policies ?? [settings.policy ?? []].flat();
    if (policies.length === 0) {
      if (declaration === undefined) this.checkUnguarded(context, settings.unguarded);
      return undefined;
    }
    const permissive = enforcement.isPermissive(context);
    try {
      const input = await enforcement.input(context);
      record.input = input;
      return await this.decideAll(enforcement, context, point, { ...declaration, policies }, input);
    } catch (error) {
      const notBuilt = error instanceof OpaError && error.code === 'OPA_BAD_INPUT';
      if (!notBuilt || !permissive) throw error;
      this.logger.warn(`Permissive: the policy "${policies.join()}" could not be asked: ${error.message}`);
      return undefined;
    }
  }

  private decideAll(
    { service }: OpaEnforcement,
    context: ExecutionContext,
    point: EnforcementPoint,
    declaration: Declaration,
    input: unknown,
  ): Promise<Decision> {
    const { policies, combine = 'all', groups = [{ policies, combine }], timeout, mode } = declaration;
    const ask = (): Promise<Decision> =>
      point.whileConnected(context, (signal) =>
        combinedGroups(groups, (policy) => service.decide({ policy, input, signal, timeout, mode })),
      );
    return point.once?.(context, { declaration, input }, ask) ?? ask();
  }

  private checkUnguarded(context: ExecutionContext, unguarded: 'deny' | 'allow'): void {
    const name = `${context.getClass().name}.${context.getHandler().name}`;
    if (!this.warned.has(name)) {
      this.warned.add(name);
      this.logger.warn(`${name} is under OpaGuard and names no policy: unguarded: "${unguarded}".`);
    }
    if (unguarded === 'deny') throw new Refused(ownDenial(''));
  }
}
