import { Controller, Get, UseGuards } from '@nestjs/common';
import type { Type } from '@nestjs/common';
import type { OpaStats, RouteReport, WouldDeny } from 'nestjs-opa';
import { OpaGuard, OpaPolicy, OpaService } from 'nestjs-opa';
import type { AuthGuard } from '../auth/index.js';
import { UntrustedHeaders } from '../http/index.js';
import { OpaInstances } from '../instances/opa-instances.js';

/**
 * Creates the controller for administrators. The admin policy decides each request.
 *
 * @param guard - verifies the administrators' tokens
 */
export function adminController(policy: string, guard: AuthGuard): Type {
  @Controller('admin')
  @UseGuards(new UntrustedHeaders(), guard, OpaGuard)
  @OpaPolicy(policy)
  class AdminController {
    constructor(
      private readonly opa: OpaService,
      private readonly instances: OpaInstances,
    ) {}

    /** Every route, with its policies and its status, such as `guarded` or `not guarded`. */
    @Get('routes')
    routes(): readonly RouteReport[] {
      return this.opa.routes();
    }

    /** The statistics of the pool and of the decisions. `plugins` holds the statistics of plugin instances, by name. */
    @Get('stats')
    stats(): OpaStats & { readonly plugins?: Readonly<Record<string, OpaStats>> } {
      const plugins = Object.fromEntries(this.named((opa) => opa.stats()));
      return { ...this.opa.stats(), ...(Object.keys(plugins).length > 0 && { plugins }) };
    }

    /** The requests that permissive policies would deny. `plugin` names the plugin instance that decided. */
    @Get('permissive')
    permissive(): readonly (WouldDeny & { readonly plugin?: string })[] {
      const reports = this.named((opa) => opa.permissiveReport());
      return [
        ...this.opa.permissiveReport(),
        ...reports.flatMap(([plugin, report]) => report.map((one) => ({ ...one, plugin }))),
      ];
    }

    private named<T>(read: (opa: OpaService) => T): [string, T][] {
      return [...this.instances.named].map(([name, opa]) => [name, read(opa)]);
    }
  }
  return AdminController;
}
