import { Controller, Get, UseGuards } from '@nestjs/common';
import type { Type } from '@nestjs/common';
import type { OpaStats, RouteReport, WouldDeny } from 'nestjs-opa';
import { OpaGuard, OpaPolicy, OpaService } from 'nestjs-opa';
import { AuthGuard } from '../auth/index.js';

/** What administrators may look at, each request decided by a policy of its own. */
export function adminController(policy: string): Type {
  @Controller('admin')
  @UseGuards(AuthGuard, OpaGuard)
  @OpaPolicy(policy)
  class AdminController {
    constructor(private readonly opa: OpaService) {}

    /** Every route, with what decides it, or that nothing does. */
    @Get('routes')
    routes(): readonly RouteReport[] {
      return this.opa.routes();
    }

    /** What the pool and the decisions have done. */
    @Get('stats')
    stats(): OpaStats {
      return this.opa.stats();
    }

    /** What permissive policies would have stopped. */
    @Get('permissive')
    permissive(): readonly WouldDeny[] {
      return this.opa.permissiveReport();
    }
  }
  return AdminController;
}
