import type { OnApplicationBootstrap } from '@nestjs/common';
import { Logger } from '@nestjs/common';
import type { RouteReport, RouteStatus } from '../../decision/index.js';
import { declarationOf } from '../../decorators/index.js';
import type { OpaRuntime } from '../runtime.js';
import { GuardCoverage } from './coverage.js';
import type { Handler, HandlerSources } from './handlers.js';
import { handlersOf } from './handlers.js';
import { verifyPolicies } from './verify.js';

/** Tells at start-up what is guarded by which policy, and what is not. */
export class RouteAudit implements OnApplicationBootstrap {
  private readonly logger = new Logger('OpaAudit');
  private table: readonly RouteReport[] | undefined;

  constructor(
    private readonly sources: HandlerSources,
    private readonly runtime: Pick<OpaRuntime, 'settings' | 'stack'>,
    private readonly name: string | undefined,
  ) {}

  /** @throws OpaError `OPA_BAD_OPTIONS` with `verifyPolicies: true`, when a policy isn't there */
  async onApplicationBootstrap(): Promise<void> {
    const { audit = true, verifyPolicies: verify = false, mode } = this.runtime.settings;
    // One report is enough, the unnamed instance's.
    if (audit && this.name === undefined) this.report();
    if (verify !== false && mode !== 'disabled') {
      await verifyPolicies(this.runtime, this.ownPolicies(), verify);
    }
  }

  /** The table, made when it is first asked for: global guards can be added until the application starts. */
  routes(): readonly RouteReport[] {
    return (this.table ??= this.read());
  }

  private read(): RouteReport[] {
    const coverage = new GuardCoverage(this.sources.config, this.sources.host);
    return handlersOf(this.sources).map((handler) => this.describe(handler, coverage));
  }

  private describe(handler: Handler, coverage: GuardCoverage): RouteReport {
    const { kind, route, controller, method } = handler;
    const { policy, unguarded } = this.runtime.settings;
    const { covered, note } = coverage.of(handler);
    const declaration = declarationOf(method, controller);
    const policies = declaration?.policies ?? [policy ?? []].flat();
    return {
      kind,
      route,
      handler: `${controller.name}.${method.name}`,
      status: statusOf(covered, policies, declaration !== undefined, unguarded),
      policies,
      ...(declaration?.response !== undefined && { response: declaration.response }),
      ...(declaration?.instance !== undefined && { instance: declaration.instance }),
      ...(note !== undefined && { note }),
    };
  }

  private report(): void {
    const routes = this.routes();
    for (const one of routes) this.logger.debug(lineOf(one));
    const bare = routes.filter(({ status }) => status === 'not guarded');
    if (bare.length === 0) return;
    this.logger.warn(
      `No OpaGuard covers ${bare.length} of ${routes.length} handlers: ${bare.map(warningOf).join('; ')}`,
    );
  }

  private ownPolicies(): string[] {
    const own = this.routes().filter(
      ({ instance, status }) => instance === this.name && status !== 'not guarded',
    );
    const { policy } = this.runtime.settings;
    const named = own.flatMap(({ policies, response }) => [...policies, ...[response ?? []].flat()]);
    return [...new Set([...[policy ?? []].flat(), ...named])];
  }
}

function statusOf(
  covered: boolean,
  policies: readonly string[],
  declared: boolean,
  unguarded: 'deny' | 'allow',
): RouteStatus {
  // Public is what is declared so, with a guard or without.
  if (declared && policies.length === 0) return 'public';
  if (!covered) return 'not guarded';
  if (policies.length > 0) return 'guarded';
  return unguarded === 'allow' ? 'open' : 'refused';
}

function lineOf({ kind, route, handler, status, policies, response }: RouteReport): string {
  const asked = [...policies, ...(response === undefined ? [] : [`response ${response}`])].join(', ');
  return `${kind} ${route} → ${handler}: ${status}${asked === '' ? '' : ` by ${asked}`}`;
}

function warningOf({ kind, route, handler, policies, note }: RouteReport): string {
  const why = note ?? (policies.length > 0 ? `its policy ${policies.join(', ')} is never asked` : undefined);
  return `${kind} ${route} (${handler})${why === undefined ? '' : `: ${why}`}`;
}
