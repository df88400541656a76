import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { z } from 'zod';
import { OpaModule } from 'nestjs-opa';
import type { OpaModuleOptions } from 'nestjs-opa';
import { AUTHENTICATION } from './auth/index.js';
import type { Authentication } from './auth/index.js';
import type { GatewayConfig } from './config/index.js';
import { HealthController } from './health/health.controller.js';
import { Drain } from './http/index.js';
import { restController } from './rest/rest.controller.js';
import { Upstream } from './rest/upstream.js';

// Wrong ones stop the start in the module, as all its options.
const HEADER_NAMES = z.array(z.string().toLowerCase()).catch([]);

/** The gateway: a guarded controller for each upstream, and the health routes. */
@Module({})
export class GatewayModule {
  static forConfig(config: GatewayConfig, authentication: Authentication): DynamicModule {
    // Unchecked until here: the module checks its options itself, and stops the start when they are wrong.
    const opa = config.opa as OpaModuleOptions;
    const policyHeaders = HEADER_NAMES.parse(opa.policyHeaders);
    const upstreams = config.upstreams.map(
      (entry) => new Upstream(entry, entry.policy ?? opa.policy ?? '', policyHeaders),
    );
    return {
      module: GatewayModule,
      imports: [OpaModule.forRoot(opa)],
      controllers: [HealthController, ...upstreams.map(restController)],
      providers: [Drain, { provide: AUTHENTICATION, useValue: authentication }],
    };
  }
}
