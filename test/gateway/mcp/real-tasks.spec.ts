import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { afterAll, expect, it } from '@jest/globals';
import { Cleanup } from '../support/cleanup.js';
import { startGateway } from '../support/gateway-process.js';
import { startOpa } from '../support/opa-process.js';
import { AUDIENCE, ISSUER, startIssuer } from '../support/tokens.js';
import { connectLegacy } from './support/clients.js';
import { startEverything } from './support/real-servers.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

const RESEARCH = { name: 'simulate-research-query', arguments: { topic: 'python' } };

it('a task of a real server is seen and ended by the client that began it alone', async () => {
  const url = await startEverything(cleanup);
  const opa = cleanup.add(
    await startOpa({ rego: { 'all.rego': 'package all\nallow := true' } }),
    ({ kill }) => kill(),
  );
  const issuer = cleanup.add(await startIssuer(), ({ remove }) => remove());
  const auth = { jwks: issuer.jwksFile, issuer: ISSUER, audience: AUDIENCE };
  const mcp = [{ name: 'real', url, policy: 'all/allow' }];
  const gateway = cleanup.add(await startGateway({ opa: { url: opa.url }, auth, mcp }), ({ end }) => end());
  const connect = async (sub: string): Promise<Client> =>
    cleanup.add(
      await connectLegacy(`http://127.0.0.1:${gateway.port}/mcp/real`, await issuer.sign({ sub })),
      (client) => client.close(),
    );
  const [alice, bob] = [await connect('alice'), await connect('bob')];

  const messages = alice.experimental.tasks.callToolStream(RESEARCH, undefined, { task: { ttl: 60_000 } });
  let result: unknown;
  for await (const message of messages) {
    if (message.type === 'result') ({ result } = message);
    if (message.type !== 'taskCreated') continue;
    const { taskId } = message.task;
    const unknown = { code: -32602, message: expect.stringContaining('Task not found') as unknown };
    for (const id of [taskId, 'no-such-task']) {
      await expect(bob.experimental.tasks.getTask(id)).rejects.toMatchObject(unknown);
      await expect(bob.experimental.tasks.getTaskResult(id)).rejects.toMatchObject(unknown);
      await expect(bob.experimental.tasks.cancelTask(id)).rejects.toMatchObject(unknown);
    }
    expect((await bob.experimental.tasks.listTasks()).tasks).toEqual([]);
    expect((await alice.experimental.tasks.listTasks()).tasks).toMatchObject([{ taskId }]);
    expect(await alice.experimental.tasks.getTask(taskId)).toMatchObject({ taskId });
  }
  expect(JSON.stringify(result)).toContain('python');
});
