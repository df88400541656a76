import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { OpaDecisionEvent } from 'nestjs-opa';
import { onOpaDecision } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';
import { call, cleanUp, enforcer, modern } from './support.js';

const TRACE_ID = '0af7651916cd43dd8448eb211c80319c';
const _meta = { traceparent: `00-${TRACE_ID}-b7ad6b7169203331-01` };

let engine: TestEngine;
let events: OpaDecisionEvent[];
let stop: () => void;
beforeEach(() => {
  engine = new TestEngine({ request: true, response: true, list: [] });
  events = [];
  stop = onOpaDecision((event) => events.push(event));
});
afterEach(async () => {
  stop();
  await cleanUp();
});

const described = (): unknown =>
  events.map(({ point, phase, kind, mcp, policy, outcome, subject, traceId }) => ({
    point,
    phase,
    kind,
    mcp,
    policy,
    outcome,
    subject: subject.id,
    traceId,
  }));

describe.each([
  ['2025-11-25', {}],
  ['2026-07-28', modern],
])('the decision events of MCP messages in %s', (_version, era) => {
  const base = { kind: 'mcp', outcome: 'allow', subject: 'alice', traceId: TRACE_ID };

  it('name the tool of a call and of its result, and the trace of the message', async () => {
    const mcp = await enforcer(engine, { response: 'response' });
    const tool = call('tools/call', { name: 'search', arguments: {}, _meta }, era);
    await mcp.before(tool);
    await mcp.after(tool, { content: [] });
    const target = { method: 'tools/call', target: 'search' };
    expect(described()).toEqual([
      { ...base, point: 'mcp', phase: 'request', mcp: target, policy: 'request' },
      { ...base, point: 'mcp', phase: 'response', mcp: target, policy: 'response' },
    ]);
  });

  it('describe a list and its items', async () => {
    const mcp = await enforcer(engine, { list: 'list' });
    const list = call('tools/list', { _meta }, era);
    await mcp.after(list, { tools: [{ name: 'search' }] });
    expect(described()).toEqual([
      { ...base, point: 'list', phase: 'response', mcp: { method: 'tools/list' }, policy: 'list' },
    ]);
    expect(events[0]?.result).toEqual([]);
  });

  it('say that a list policy failed', async () => {
    const mcp = await enforcer(engine.answer('list', { no: 'list' }), { list: 'list' });
    await mcp.after(call('tools/list', {}, era), { tools: [{ name: 'search' }] });
    expect(events).toMatchObject([{ outcome: 'error', errorCode: 'OPA_BAD_DECISION', enforced: 'stop' }]);
  });
});
