import { afterAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../../../libs/opa/test/support/eventually.js';
import { Cleanup } from '../support/cleanup.js';
import { send } from '../support/client.js';
import type { HttpResponse } from '../support/client.js';
import { modern, post, startMcpGateway, tool } from './support/mcp-gateway.js';
import { event, reply, result, stream } from './support/scripted-server.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

const mcp = await startMcpGateway(cleanup);
const { port } = mcp.gateway;

const ERAS: readonly [era: string, request: () => Promise<HttpResponse>][] = [
  ['2025-11-25', () => post(port, tool('x'))],
  [
    '2026-07-28',
    () => send(port, { path: '/mcp/up', method: 'POST', ...modern('tools/call', { name: 'x' }, 'x') }),
  ],
];

const content = (text: string): object => ({ content: [{ type: 'text', text }] });

// The policy masks only "/content/0/text" of these results.
describe.each(ERAS)('a masked text of %s', (_era, request) => {
  it.each([
    ['JSON', false],
    ['an event stream', true],
  ])(
    'that stands elsewhere in the result is refused in %s, and the log names the path',
    async (_as, streams) => {
      const value = { ...content('password1'), structuredContent: { result: { 'a/b': ['password1'] } } };
      mcp.upstream.respond = ({ message }, response) => {
        if (streams) stream(response).end(event(result(message, value)));
        else reply(response, result(message, value));
      };
      const before = mcp.gateway.output().length;
      const { text } = await request();
      expect(text).toContain('"code":-32603');
      expect(text).not.toContain('password1');
      const log = (): string => mcp.gateway.output().slice(before);
      await eventually(() => Promise.resolve(log().includes('OPA_BAD_DECISION')), true);
      expect(log()).toMatch(
        /"mcp\/response" masked a text that still stands at "\/structuredContent\/result\/a~1b\/0"/,
      );
      expect(log()).not.toContain('password1');
    },
  );

  it.each([
    ['JSON in a text', { content: [{ text: 'password1' }, { text: '{"card":["password1"]}' }] }],
    ['JSON in JSON', { structuredContent: { log: JSON.stringify({ raw: '["password1"]' }) } }],
    [
      'a link to a resource',
      { content: [{ text: 'password1' }, { type: 'resource_link', uri: 'password1' }] },
    ],
    [
      'the value of a JSON text',
      {
        content: [{ text: '{"id":5,"password":"x"}' }],
        structuredContent: { result: { password: 'x', id: 5 } },
      },
    ],
    [
      'the value of a JSON list',
      { content: [{ text: '["password"]' }], structuredContent: { result: ['password'] } },
    ],
  ])('that stands elsewhere as %s is refused', async (_name, value) => {
    const items = (value as { content?: object[] }).content?.map((item) => ({ type: 'text', ...item }));
    mcp.upstream.respond = ({ message }, response) =>
      reply(
        response,
        result(message, { ...content('password1'), ...value, ...(items && { content: items }) }),
      );
    const { text } = await request();
    expect(text).toContain('"code":-32603');
    expect(text).not.toContain('password');
  });

  it('is not in the log as a key on the path of its copy', async () => {
    const value = { ...content('password1'), structuredContent: { password1: ['password1'] } };
    mcp.upstream.respond = ({ message }, response) => reply(response, result(message, value));
    const before = mcp.gateway.output().length;
    expect((await request()).text).toContain('"code":-32603');
    const log = (): string => mcp.gateway.output().slice(before);
    await eventually(() => Promise.resolve(log().includes('"/structuredContent/***/0"')), true);
    expect(log()).not.toContain('password1');
  });

  it.each([
    ['JSON with a longer text', { structuredContent: { note: '{"note":"the password1"}' } }],
    ['a text that only begins like JSON', { structuredContent: { note: '{"password1' } }],
    ['a part of another text', { structuredContent: { note: 'the password1' } }],
    ['a key', { structuredContent: { password1: true } }],
    ['nowhere else', {}],
  ])('passes as %s', async (_name, more) => {
    mcp.upstream.respond = ({ message }, response) =>
      reply(response, result(message, { ...content('password1'), ...more }));
    expect((await request()).json()).toMatchObject({ result: { ...content('***'), ...more } });
  });
});
