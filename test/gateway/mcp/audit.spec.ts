import { afterAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../../../libs/opa/test/support/eventually.js';
import { Cleanup } from '../support/cleanup.js';
import { startOpa } from '../support/opa-process.js';
import { call, post, startMcpGateway, tool } from './support/mcp-gateway.js';
import { POLICIES } from './support/policies.js';
import { event, reply, result, textResult, stream } from './support/scripted-server.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

// Which logs its decisions, and so has ids for them.
const logging = ['--set', 'decision_logs.console=true'];
const opa = cleanup.add(await startOpa({ rego: POLICIES }, undefined, logging), ({ kill }) => kill());
const entries = [{}, { name: 'told', denial: 'result' }];
const mcp = await startMcpGateway(cleanup, entries, { opa: { url: opa.url } });
const { port } = mcp.gateway;

/** What a request leaves in the gateway's log, once a line of it is there. */
async function logged(request: () => Promise<unknown>, line: RegExp): Promise<string> {
  const before = mcp.gateway.output().length;
  const log = () => mcp.gateway.output().slice(before);
  await request();
  await eventually(() => Promise.resolve(line.test(log())), true);
  return log();
}

describe('the log', () => {
  it('shows every denial, with what was denied and the decision', async () => {
    const token = await mcp.issuer.sign({ sub: 'alice' });
    const sent = { token, headers: { 'x-request-id': 'from-a-header' } };
    const line = /WARN.*up: denied tools\/call "secret" \(decision [0-9a-f-]{36}\)\S*\n/;
    const log = await logged(() => post(port, tool('secret'), sent), line);
    // The tool's argument, the user, the token, a header and the reason stay out of it.
    for (const part of ['"q"', 'alice', token, 'from-a-header', 'for nobody'])
      expect(log).not.toContain(part);
  });

  it.each([
    ['a result', (text: string) => JSON.stringify(textResult({ id: 1 }, text)), 'application/json'],
    ['a result on a stream', (text: string) => event(textResult({ id: 1 }, text)), 'text/event-stream'],
  ])('shows the denial of %s in the form of a result', async (_name, text, type) => {
    mcp.upstream.respond = (_request, response) =>
      reply(response, text('classified words'), 200, { 'content-type': type });
    const line = /WARN.*told: denied tools\/call "x" \(decision .*\n/;
    const log = await logged(() => post(port, tool('x'), { path: '/mcp/told' }), line);
    expect(log).not.toContain('classified words');
  });

  it('shows a denied URI, and no line break in it', async () => {
    const uri = `a://b\n[Nest] forged ${'x'.repeat(10_000)}`;
    const contents = { contents: [{ uri: 'a', text: 'classified' }] };
    mcp.upstream.respond = ({ message }, response) => reply(response, result(message, contents));
    const line = /denied resources\/read "a:\/\/b\\n\[Nest\] forged.*\n/;
    const log = await logged(() => post(port, call('resources/read', { uri })), line);
    expect(log.length).toBeLessThan(1_000);
  });

  it('shows every hidden item of a list', async () => {
    const tools = [
      { name: 'a', description: 'words' },
      { name: 'secret', description: 'words' },
    ];
    mcp.upstream.respond = ({ message }, response) => stream(response).end(event(result(message, { tools })));
    const line = /LOG.*up: hid of tools\/list: "secret" \(decision .*\n/;
    const log = await logged(() => post(port, call('tools/list')), line);
    expect(log).not.toContain('words');
  });

  it('shows some of very many hidden items, and how many they are', async () => {
    const tools = Array.from({ length: 2_000 }, () => ({ name: 'secret' }));
    mcp.upstream.respond = ({ message }, response) => reply(response, result(message, { tools }));
    const log = await logged(() => post(port, call('tools/list')), /hid of tools\/list: .*\n/);
    expect(log).toMatch(/"secret" and 1950 more \(decision /);
    expect(log.length).toBeLessThan(2_000);
  });

  it('shows nothing of what is allowed', async () => {
    mcp.upstream.respond = ({ message }, response) => reply(response, textResult(message, 'ok'));
    const auditLines = async () => {
      await post(port, tool('allowed'));
      await post(port, tool('secret'));
    };
    expect(await logged(auditLines, /"secret".*\n/)).toMatch(/^[^\n]*denied[^\n]*\n$/);
  });
});
