import { afterEach, describe, expect, it } from '@jest/globals';
import { cleanUp, gate, scripted, start, well } from './support.js';

afterEach(cleanUp);

describe('coalescing', () => {
  it('asks once for identical questions in flight, and again afterwards', async () => {
    const first = gate();
    const server = await scripted(first.step, well);
    const opa = await start({ url: server.url, coalesce: true });
    const decisions = Array.from({ length: 20 }, () => opa.decide({ input: { a: 1 } }));
    await first.reached;
    first.open();
    expect((await Promise.all(decisions)).every(({ allowed }) => allowed)).toBe(true);
    expect(server.asked()).toBe(1);
    await opa.decide({ input: { a: 1 } });
    expect(server.asked()).toBe(2);
  });

  it('tells questions apart by policy and input', async () => {
    const server = await scripted(well);
    const opa = await start({ url: server.url, coalesce: true });
    await Promise.all([
      opa.decide({ input: 1 }),
      opa.decide({ input: 2 }),
      opa.decide({ policy: 'c/d', input: 1 }),
      opa.decide({ input: undefined }),
    ]);
    expect(server.asked()).toBe(4);
  });

  it('is off by default', async () => {
    const server = await scripted(well);
    const opa = await start({ url: server.url });
    await Promise.all([opa.decide({ input: 1 }), opa.decide({ input: 1 })]);
    expect(server.asked()).toBe(2);
  });

  it('keeps the call for the others when one asker goes away, whoever was first', async () => {
    const call = gate();
    const server = await scripted(call.step, well);
    const opa = await start({ url: server.url, coalesce: true });
    const caller = new AbortController();
    const gone = opa.decide({ input: 1, signal: caller.signal });
    const stays = opa.decide({ input: 1 });
    await call.reached;
    caller.abort();
    await expect(gone).rejects.toMatchObject({ code: 'OPA_ABORTED' });
    call.open();
    await expect(stays).resolves.toMatchObject({ outcome: 'allow' });
    expect(server.asked()).toBe(1);
  });

  it('ends the call when all have gone, and the next asker begins a new one', async () => {
    const call = gate();
    const server = await scripted(call.step, well);
    const opa = await start({ url: server.url, coalesce: true });
    const caller = new AbortController();
    const gone = [1, 2].map(() => opa.decide({ input: 1, signal: caller.signal }));
    await call.reached;
    caller.abort();
    for (const one of gone) await expect(one).rejects.toMatchObject({ code: 'OPA_ABORTED' });
    await expect(opa.decide({ input: 1 })).resolves.toMatchObject({ outcome: 'allow' });
    expect(server.asked()).toBe(2);
    expect(opa.stats().sockets.inUse).toBe(0);
    call.open();
  });

  it('asks again for whoever has time left when the first asker has none', async () => {
    const never = gate();
    const server = await scripted(never.step, well);
    const opa = await start({ url: server.url, coalesce: true, timeout: 15_000 });
    const hasty = opa.decide({ input: 1, timeout: 100 });
    const patient = opa.decide({ input: 1 });
    await expect(hasty).rejects.toMatchObject({ code: 'OPA_TIMEOUT' });
    await expect(patient).resolves.toMatchObject({ outcome: 'allow' });
    expect(server.asked()).toBe(2);
    never.open();
  });
});
