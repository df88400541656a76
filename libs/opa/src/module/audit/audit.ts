import type { OnApplicationBootstrap } from '@nestjs/common';
import { Logger } from '@nestjs/common';
import { guidePage } from '../../contracts/index.js';
import type { RouteReport, RouteStatus } from '../../decision/index.js';
import type { Declaration } from '../../decorators/index.js';
import { declarationWithin } from '../../decorators/index.js';
import type { OpaRuntime } from '../runtime.js';
import type { Coverage } from './coverage.js';
import { coverageOf } from './coverage.js';
import { guardOrderProblem } from './guard-order.js';
import type { Handler, HandlerSources } from './handlers.js';
import { handlersOf } from './handlers.js';
import { verifyPolicies } from './verify.js';

/** Reports at start-up which policy guards each handler, and which handlers have no guard. */
export class RouteAudit implements OnApplicationBootstrap {
  private readonly logger = new Logger('OpaAudit');
  private table: readonly RouteReport[] | undefined;
  /** Warnings about the order of guards, each with its handlers. */
  private readonly misplaced = new Map<string, readonly string[]>();

  constructor(
    private readonly sources: HandlerSources,
    private readonly runtime: Pick<OpaRuntime, 'settings' | 'stack'>,
    private readonly name: string | undefined,
  ) {}

  /** @throws OpaError `OPA_BAD_OPTIONS` when option `verifyPolicies` is `true` and the engine lacks a policy */
  async onApplicationBootstrap(): Promise<void> {
    const { audit = true, verifyPolicies: verify = false, mode } = this.runtime.settings;
    // Only the unnamed instance reports, because its report covers the handlers of all instances.
    if (audit && this.name === undefined) this.report();
    if (verify !== false && mode !== 'disabled') {
      await verifyPolicies(this.runtime, this.ownPolicies(), verify);
    }
  }

  /** The report of all handlers. The first call makes it: an application may add global guards until it starts. */
  routes(): readonly RouteReport[] {
    return (this.table ??= this.read());
  }

  private read(): RouteReport[] {
    return handlersOf(this.sources).map((handler) =>
      this.describe(handler, coverageOf(handler, this.sources)),
    );
  }

  private describe(handler: Handler, { covered, guards, note }: Coverage): RouteReport {
    const { kind, route, controller, method } = handler;
    const { policy, unguarded, publicKeys = [], authentication = [] } = this.runtime.settings;
    const declaration = declarationWithin(method, controller, publicKeys);
    const policies = declaration?.inCode ?? declaration?.policies ?? [policy ?? []].flat();
    const report: RouteReport = {
      kind,
      route,
      handler: `${controller.name}.${method.name}`,
      status: statusOf(covered, policies, declaration, unguarded),
      policies,
      ...(declaration?.response !== undefined && { response: declaration.response }),
      ...(declaration?.instance !== undefined && { instance: declaration.instance }),
      ...(note !== undefined && { note }),
    };
    const problem = report.status === 'guarded' ? guardOrderProblem(guards, authentication) : undefined;
    if (problem === undefined) return report;
    const { what, fix } = problem;
    const warning = `${what}, so that OPA is asked about an anonymous subject. ${fix}: see ${guidePage('guard-order')}.`;
    this.misplaced.set(warning, [...(this.misplaced.get(warning) ?? []), report.handler]);
    return { ...report, note: what };
  }

  private report(): void {
    const routes = this.routes();
    for (const route of routes) this.logger.debug(lineOf(route));
    for (const [warning, handlers] of this.misplaced)
      this.logger.warn(`${[...new Set(handlers)].join(', ')}: ${warning}`);
    const inCode = routes.filter(({ status }) => status === 'decides').map(({ handler }) => handler);
    if (inCode.length > 0) {
      this.logger.log(
        `OpaGuard lets everyone into these handlers, whose own code must ask OPA (@OpaDecides): ${[...new Set(inCode)].join(', ')}.`,
      );
    }
    const bare = routes.filter(({ status }) => status === 'not guarded');
    if (bare.length === 0) return;
    this.logger.warn(
      `No OpaGuard covers ${bare.length} of ${routes.length} handlers: ${bare.map(warningOf).join('; ')}`,
    );
  }

  private ownPolicies(): string[] {
    const reports = this.routes().filter(
      ({ instance, status }) => instance === this.name && status !== 'not guarded',
    );
    const { policy } = this.runtime.settings;
    const named = reports.flatMap(({ policies, response }) => [...policies, ...[response ?? []].flat()]);
    return [...new Set([...[policy ?? []].flat(), ...named])];
  }
}

function statusOf(
  covered: boolean,
  policies: readonly string[],
  declaration: Declaration | undefined,
  unguarded: 'deny' | 'allow',
): RouteStatus {
  if (declaration?.inCode !== undefined) return 'decides';
  // A handler that is declared public counts as public, whether a guard covers the handler or not.
  if (declaration !== undefined && policies.length === 0) return 'public';
  if (!covered) return 'not guarded';
  if (policies.length > 0) return 'guarded';
  return unguarded === 'allow' ? 'open' : 'refused';
}

function lineOf({ kind, route, handler, status, policies, response }: RouteReport): string {
  const names = [...policies, ...(response === undefined ? [] : [`response ${response}`])].join(', ');
  return `${kind} ${route} → ${handler}: ${status}${names === '' ? '' : ` by ${names}`}`;
}

function warningOf({ kind, route, handler, policies, note }: RouteReport): string {
  const why =
    note ?? (policies.length > 0 ? `its policy ${policies.join(', ')} is never evaluated` : undefined);
  return `${kind} ${route} (${handler})${why === undefined ? '' : `: ${why}`}`;
}
