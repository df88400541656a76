import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { OpaModuleOptions, PolicyEngine } from 'nestjs-opa';
import { OpaModule, OpaService } from 'nestjs-opa';
import { ObligationExecutor } from 'nestjs-opa/internal';
import type { McpCall } from '../src/protocol/call.js';
import type { McpPolicies } from '../src/policy/policy-enforcer.js';
import { McpPolicyEnforcer } from '../src/policy/policy-enforcer.js';
import { OutputSchemas } from '../src/protocol/output-schemas.js';

const apps: INestApplicationContext[] = [];

/** Ends what a test has started; for `afterEach`. */
export async function cleanUp(): Promise<void> {
  for (const app of apps.splice(0)) await app.close();
}

/** An enforcer over the module's own service. */
export async function enforcer(
  engine: PolicyEngine,
  policies: Partial<McpPolicies> = {},
  options: OpaModuleOptions = {},
  schemas = new OutputSchemas(),
): Promise<McpPolicyEnforcer> {
  const module = { module: class App {}, imports: [OpaModule.forRoot({ engine, ...options })] };
  const app = await NestFactory.createApplicationContext(module, { logger: false });
  apps.push(app);
  const executor = app.get(ObligationExecutor, { strict: false });
  return new McpPolicyEnforcer(app.get(OpaService), { policy: 'request', ...policies }, schemas, executor);
}

/** For enforcers whose decisions have no obligations. */
export const noObligations: Pick<ObligationExecutor, 'execute'> = {
  execute: () => Promise.reject(new Error('No obligation was expected.')),
};

const claims = { sub: 'alice', client_id: 'agent-1', aud: 'gateway' };

/** A call by alice. */
export const call = (
  method: string,
  params?: Record<string, unknown>,
  more: Partial<McpCall> = {},
): McpCall => ({
  request: { jsonrpc: '2.0', id: 1, method, ...(params !== undefined && { params }) },
  era: 'legacy',
  caller: { claims, audience: 'gateway', ip: '127.0.0.1', headers: { host: 'x' } },
  ...more,
});

/** A tool call by alice. */
export const tool = call('tools/call', { name: 'search', arguments: { q: 'x' } });

/** The newer era. */
export const modern = { era: 'modern' } as const;
