import { describe, expect, it } from '@jest/globals';
import type { McpCall } from '../../../libs/mcp/src/protocol/call.js';
import { Ledger } from '../../../libs/mcp/src/session/ledger.js';
import { Receivers } from '../../../libs/mcp/src/session/receivers.js';
import { Tasks } from '../../../libs/mcp/src/session/tasks.js';

const callOf = (id: string | number, text = ''): McpCall => ({
  request: { jsonrpc: '2.0', id, method: 'tools/call', params: { name: 'x', text } },
  era: 'legacy',
  caller: { audience: 'a', headers: {} },
});
const MIB = 1 << 20;

describe('the ledger of calls', () => {
  it('distinguishes ids, their types and their sessions', () => {
    const ledger = new Ledger();
    const [number, text, other] = [callOf(1), callOf('1'), callOf(1)];
    for (const scope of ['a', 'b', 'c']) ledger.begin(scope);
    ledger.note('a', number, 10);
    ledger.note('a', text, 10);
    ledger.note('b', other, 10);
    const long = 'x'.repeat(MIB);
    const last = callOf(long);
    ledger.note('c', last, 10);
    expect([ledger.callsOf('a', 1), ledger.callsOf('a', '1'), ledger.callsOf('b', 1)]).toEqual([
      [number],
      [text],
      [other],
    ]);
    expect([ledger.callsOf('c', long), ledger.callsOf('c', `${long}x`)]).toEqual([[last], undefined]);
  });

  it('is nothing of a session that was begun elsewhere', () => {
    const ledger = new Ledger();
    ledger.note('a', callOf(1), 10);
    expect(ledger.callsOf('a', 1)).toBeUndefined();
  });

  it.each([
    ['too many calls under one id', (ledger: Ledger) => noted(ledger, 1_001, () => callOf(1), 10)],
    ['too large ones under one id', (ledger: Ledger) => noted(ledger, 9, () => callOf(1), MIB)],
    ['too large ones in all', (ledger: Ledger) => noted(ledger, 65, (n) => callOf(n + 1), MIB)],
    [
      'too many sessions',
      (ledger: Ledger) =>
        noted(
          ledger,
          10_001,
          (n) => callOf(n),
          10,
          (n) => `s${n}`,
        ),
    ],
  ])('becomes unknown, and never something else, with %s', (_name, fill) => {
    const ledger = new Ledger();
    ledger.begin('a');
    ledger.note('a', callOf(1), MIB);
    fill(ledger);
    expect(ledger.callsOf('a', 1)).toBeUndefined();
    ledger.note('a', callOf(1), 10);
    expect(ledger.callsOf('a', 1)).toBeUndefined();
  });

  it('that were forgotten stays so when the note of that is forgotten too', () => {
    const ledger = new Ledger();
    ledger.begin('a');
    noted(ledger, 100_200, (n) => callOf(n), MIB);
    ledger.note('a', callOf(0), 10);
    expect([ledger.callsOf('a', 0), ledger.callsOf('a', 100_199)]).toEqual([undefined, undefined]);
  });
});

it('an id is known to be of those whom it was sent to, the newest of them', () => {
  const receivers = new Receivers();
  receivers.note('a', '1');
  receivers.note('b', '1');
  receivers.note('a', '2');
  expect([receivers.has('a', '1'), receivers.has('b', '1'), receivers.has('b', '2')]).toEqual([
    true,
    true,
    false,
  ]);
  expect([receivers.isOthers('a', '1'), receivers.isOthers('b', '2')]).toEqual([false, true]);
  expect(receivers.isOthers('a', '3')).toBe(false);
  for (let id = 0; id < 100_000; id += 1) receivers.note('c', `c${id}`);
  expect([receivers.has('a', '1'), receivers.has('c', 'c0')]).toEqual([false, true]);
});

describe('the ledger of tasks', () => {
  const handle = { task: { taskId: 't' } };
  const taskCall: McpCall = { ...callOf(9), request: { ...callOf(9).request, params: { taskId: 't' } } };
  const decide = async (tasks: Tasks, by = 'alice') => {
    const decided: McpCall[] = [];
    const call = { ...taskCall, request: { ...taskCall.request, method: 'tasks/result' } };
    const seen = await tasks.decide(call, by, {}, (item, result) => {
      decided.push(item);
      return Promise.resolve({ result });
    });
    return { seen, decided: decided.map(({ request }) => request.id) };
  };

  it('is every call that a server gave it to', async () => {
    const tasks = new Tasks();
    const first = callOf(1);
    await tasks.learn(first, 'alice', handle, true);
    await tasks.learn({ ...first }, 'alice', handle, true);
    await tasks.learn(callOf(2), 'alice', { resultType: 'task', taskId: 't' }, true);
    await tasks.learn(callOf(3), 'bob', handle, true);
    expect(await decide(tasks)).toEqual({ seen: { result: {} }, decided: [1, 2] });
    expect(await decide(tasks, 'carol')).toMatchObject({ seen: { refusal: { code: -32603 } }, decided: [] });
  });

  it('becomes unknown with too many of them', async () => {
    const tasks = new Tasks();
    for (let id = 0; id < 3; id += 1)
      await tasks.learn(callOf(id, 'x'.repeat(4 * MIB)), 'alice', handle, true);
    await tasks.learn(callOf(9), 'alice', handle, true);
    expect(await decide(tasks)).toMatchObject({ seen: { refusal: { code: -32603 } }, decided: [] });
  });
});

function noted(
  ledger: Ledger,
  count: number,
  of: (n: number) => McpCall,
  bytes: number,
  scope: (n: number) => string = () => 'a',
): void {
  for (let n = 0; n < count; n += 1) ledger.note(scope(n), of(n), bytes);
}
