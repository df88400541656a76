import { afterEach, describe, expect, it } from '@jest/globals';
import type { ExecutionContext, INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { OpaModuleOptions } from 'nestjs-opa';
import { OpaModule, OpaService } from 'nestjs-opa';
import { ObligationExecutor } from 'nestjs-opa/internal';
import { LimitObligation } from 'nestjs-opa/limit';
import { TestEngine } from 'nestjs-opa/testing';
import { McpPolicyEnforcer } from '../src/policy/policy-enforcer.js';
import { OutputSchemas } from '../src/protocol/output-schemas.js';
import { tool } from './support.js';

let app: INestApplicationContext | undefined;
afterEach(() => app?.close());

const context = { getType: () => 'http' } as unknown as ExecutionContext;
const allow = {
  allow: true,
  obligations: [{ type: 'limit', properties: { key: 'alice', points: 2, seconds: 60 } }],
};
const result = { content: [{ type: 'text', text: 'x' }] };

async function enforcer(options: OpaModuleOptions = {}): Promise<McpPolicyEnforcer> {
  const engine = new TestEngine({ request: allow, response: allow });
  const imports = [OpaModule.forRoot({ engine, ...options })];
  const module = { module: class App {}, imports, providers: [LimitObligation] };
  app = await NestFactory.createApplicationContext(module, { logger: false });
  const executor = app.get(ObligationExecutor, { strict: false });
  const policies = { policy: 'request', response: 'response' };
  return new McpPolicyEnforcer(app.get(OpaService), policies, new OutputSchemas(), executor);
}

describe('the obligation "limit" on MCP', () => {
  it('refuses the call beyond the limit with -32029, and does not count results', async () => {
    const mcp = await enforcer();
    for (let i = 0; i < 2; i++) {
      expect(await mcp.before(tool, { context })).toEqual({ permit: {} });
      expect(await mcp.after(tool, result, { context })).toEqual({ result });
    }
    const admission: unknown = await mcp.before(tool, { context });
    const { refusal } = admission as { refusal: { data: { retryAfter: number } } };
    expect(refusal).toMatchObject({
      kind: 'limited',
      code: -32029,
      message: 'Too many requests',
      status: 429,
      retryAfter: refusal.data.retryAfter,
    });
    expect(refusal.data.retryAfter).toBeGreaterThan(0);
    expect(refusal.data.retryAfter).toBeLessThanOrEqual(60);
  });

  it('lets every call pass in permissive mode', async () => {
    const mcp = await enforcer({ mode: 'permissive' });
    for (let i = 0; i < 3; i++) expect(await mcp.before(tool, { context })).toEqual({ permit: {} });
  });
});
