import { afterEach, describe, expect, it } from '@jest/globals';
import type { ExecutionContext, INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Obligation, OpaObligationHandler, OpaObligationScene } from 'nestjs-opa';
import { OpaModule, OpaObligation, OpaService } from 'nestjs-opa';
import { ObligationExecutor } from 'nestjs-opa/internal';
import { McpPolicyEnforcer } from '../src/policy/policy-enforcer.js';
import { OutputSchemas } from '../src/protocol/output-schemas.js';
import { TestEngine } from 'nestjs-opa/testing';
import { tool } from './support.js';

@OpaObligation('notify')
class Notify implements OpaObligationHandler {
  static readonly received: [Obligation, OpaObligationScene][] = [];

  handle(obligation: Obligation, scene: OpaObligationScene): void {
    Notify.received.push([obligation, scene]);
    if (obligation.properties['fail'] === true) throw new Error('The mailbox is full.');
  }
}

let app: INestApplicationContext | undefined;
afterEach(async () => {
  Notify.received.length = 0;
  await app?.close();
});

/** An enforcer in an application that has a handler of its own. */
async function enforcer(decision: object): Promise<McpPolicyEnforcer> {
  const engine = new TestEngine({ request: decision, response: decision });
  const module = { module: class App {}, imports: [OpaModule.forRoot({ engine })], providers: [Notify] };
  app = await NestFactory.createApplicationContext(module, { logger: false });
  const policies = { policy: 'request', response: 'response' };
  const executor = app.get(ObligationExecutor, { strict: false });
  return new McpPolicyEnforcer(app.get(OpaService), policies, new OutputSchemas(), executor);
}

const obliged = (allow: boolean, properties: object = {}): object => ({
  allow,
  obligations: [{ type: 'notify', properties }],
});
const context = { getType: () => 'http' } as unknown as ExecutionContext;
const result = { content: [{ type: 'text', text: 'x' }] };

describe("the application's obligation handlers on MCP", () => {
  it.each([true, false])('run for a request, with the message; allow: %s', async (allow) => {
    const mcp = await enforcer(obliged(allow, { to: 'ann' }));
    const admission = await mcp.before(tool, { context });
    expect(Object.keys(admission)).toEqual([allow ? 'permit' : 'refusal']);
    expect(Notify.received).toMatchObject([
      [
        { type: 'notify', properties: { to: 'ann' } },
        { context, decision: { allowed: allow }, mcp: { method: 'tools/call', params: { name: 'search' } } },
      ],
    ]);
  });

  it('run for a result', async () => {
    const mcp = await enforcer(obliged(true));
    expect(await mcp.after(tool, result, { context })).toEqual({ result });
    expect(Notify.received).toHaveLength(1);
  });

  it('turn a permit into a denial when they fail', async () => {
    const mcp = await enforcer(obliged(true, { fail: true }));
    expect(await mcp.before(tool, { context })).toMatchObject({ refusal: { kind: 'denied', code: -32001 } });
    expect(await mcp.after(tool, result, { context })).toMatchObject({ refusal: { kind: 'denied' } });
  });
});
