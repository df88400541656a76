import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import { WebSocket } from 'ws';
import type { Example } from '../support.js';
import { startExample } from '../support.js';
import { ContextsExample } from './app.js';

describe('the example of contexts', () => {
  let example: Example;
  beforeAll(async () => {
    const policy = new URL('policy.rego', import.meta.url);
    const prepare = (app: INestApplication) => app.useWebSocketAdapter(new WsAdapter(app));
    example = await startExample(ContextsExample, policy, { prepare });
  });
  afterAll(() => example.close());

  it('decides each message of a WebSocket', async () => {
    const client = new WebSocket(example.url.replace('http', 'ws'));
    await once(client, 'open');
    const say = async (text: string): Promise<unknown> => {
      client.send(JSON.stringify({ event: 'say', data: { text } }));
      const [message] = (await once(client, 'message')) as [Buffer];
      return JSON.parse(message.toString());
    };
    expect(await say('hello')).toEqual({ event: 'said', data: { text: 'hello' } });
    expect(await say('hello, hello, hello, hello')).toMatchObject({
      event: 'exception',
      data: { code: 'FORBIDDEN', reasons: ['too long'] },
    });
    client.close();
    await once(client, 'close');
  });

  it('decides an event stream, and each of its events', async () => {
    expect((await fetch(`${example.url}/chat?room=staff`)).status).toBe(403);
    const stream = await (await fetch(`${example.url}/chat?room=public`)).text();
    expect(stream).toContain('id: 1\ndata: {"text":"hello"}');
    expect(stream).toContain('id: 2\ndata: {"text":"bye"}');
    expect(stream).not.toContain('10.0.0');
  });
});
