import { Controller, Get, UseGuards } from '@nestjs/common';
import type { Type } from '@nestjs/common';
import type { OpaStats, RouteReport, WouldDeny } from 'nestjs-opa';
import { OpaGuard, OpaPolicy, OpaService } from 'nestjs-opa';
import { AuthGuard } from '../auth/index.js';
import { UntrustedHeaders } from '../http/index.js';
import { OpaInstances } from '../instances/opa-instances.js';

/** What administrators may look at, each request decided by a policy of its own. */
export function adminController(policy: string): Type {
  @Controller('admin')
  @UseGuards(new UntrustedHeaders(), AuthGuard, OpaGuard)
  @OpaPolicy(policy)
  class AdminController {
    constructor(
      private readonly opa: OpaService,
      private readonly instances: OpaInstances,
    ) {}

    /** Every route, with what decides it, or that nothing does. */
    @Get('routes')
    routes(): readonly RouteReport[] {
      return this.opa.routes();
    }

    /** What the pool and the decisions have done; those of plugins with an instance of their own by its name. */
    @Get('stats')
    stats(): OpaStats & { readonly plugins?: Readonly<Record<string, OpaStats>> } {
      const plugins = Object.fromEntries(this.named((opa) => opa.stats()));
      return { ...this.opa.stats(), ...(Object.keys(plugins).length > 0 && { plugins }) };
    }

    /** What permissive policies would have stopped; a plugin's with its instance's name. */
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
