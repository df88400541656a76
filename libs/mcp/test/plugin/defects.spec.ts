import type { LoggerService } from '@nestjs/common';
import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { OpaServer } from 'nestjs-opa/testing';
import { startOpa, TestEngine } from 'nestjs-opa/testing';
import { opaBinary } from '../../../opa/test/engines/support/opa.js';
import type { TestServer } from '../../../opa/test/support.js';
import { httpServer } from '../../../opa/test/support.js';
import { call } from '../support.js';
import {
  applied,
  cleanUp,
  enforcer,
  enforcerOf,
  lastInput,
  read,
  resourceEntry,
  text,
  tool,
  toolEntry,
} from './support.js';

const REGO = `package example

default allow_tool_pre_invoke := false

allow_tool_pre_invoke if contains(input.payload.args.repo_path, "IBM")

default allow_tool_post_invoke := false

allow_tool_post_invoke if every text in input.payload.text { not contains(text, "@") }

default allow := false

allow if not contains(input.payload.uri, "/root")
`;

let opa: OpaServer;
beforeAll(async () => {
  opa = await startOpa({ rego: REGO, binary: await opaBinary() });
});
afterAll(() => opa.stop());

const servers: TestServer[] = [];
let engine: TestEngine;
beforeEach(() => {
  engine = new TestEngine({ 'p/allow': true });
});
afterEach(async () => {
  Logger.overrideLogger(false);
  await cleanUp();
  for (const server of servers.splice(0)) await server.close();
});

const standIn = async (...parameters: Parameters<typeof httpServer>): Promise<TestServer> => {
  const server = await httpServer(...parameters);
  servers.push(server);
  return server;
};

const plugin = applied({ tools: [toolEntry()] });
const example = (opa_base_url: string) =>
  applied(
    {
      tools: [
        toolEntry({
          policy: 'example',
          policy_endpoints: ['allow_tool_pre_invoke', 'allow_tool_post_invoke'],
        }),
      ],
      resources: [resourceEntry('https://example.com', { policy: 'example', policy_endpoints: ['allow'] })],
    },
    { config: { opa_base_url } },
  );
const git = (repo_path: string) => call('tools/call', { name: 'search', arguments: { repo_path } });

// Twelve's metrics and health check are of the gateway's process, and are tested there.
describe('the original plugin’s defects', () => {
  it('1: a call without arguments and a falsy result are decided', async () => {
    engine.answer('p/allow', false);
    const mcp = await enforcer(plugin, engine);
    for (const params of [{ name: 'search' }, { name: 'search', arguments: {} }]) {
      expect(await mcp.before(call('tools/call', params))).toMatchObject({ refusal: { code: -32001 } });
    }
    expect(await mcp.after(tool, { content: [] })).toMatchObject({ refusal: { code: -32001 } });
    expect(engine.questions).toHaveLength(3);
    for (const falsy of [undefined, null, false, 0, '']) {
      expect(await mcp.after(tool, falsy)).toMatchObject({ refusal: { code: -32603 } });
    }
  });

  it.each([['text'], [['text']], [[{ type: 'text', text: 'x' }]]])(
    '2: the result %j does not pass',
    async (result) => {
      const mcp = await enforcer(plugin, engine);
      expect(await mcp.after(tool, result)).toMatchObject({ refusal: { code: -32603 } });
    },
  );

  it('3: names and normalized URIs are compared whole, and every matching entry decides', async () => {
    engine.answer('q/allow', false);
    const resources = [
      resourceEntry('https://example.com', { policy: 'q' }),
      resourceEntry('https://example.com'),
    ];
    const mcp = await enforcer(applied({ tools: [toolEntry({ policy: 'q' })], resources }), engine);
    expect(await mcp.before(call('tools/call', { name: 'research' }))).toEqual({ permit: {} });
    expect(await mcp.before(read('https://other.org/example.com'))).toEqual({ permit: {} });
    expect(await mcp.before(read('https://EXAMPLE.com/x'))).toMatchObject({ refusal: { code: -32001 } });
  });

  it('4: an item of another kind causes no failure, and reaches the policy', async () => {
    const mcp = await enforcer(plugin, engine);
    const result = { content: [...text.content, { type: 'new', x: 1 }] };
    expect(await mcp.after(tool, result)).toEqual({ result });
    expect(lastInput(engine)).toMatchObject({ payload: { text: ['found'], other: [{ type: 'new', x: 1 }] } });
  });

  it('5: an entry without settings stops the start', () => {
    expect(() => applied({ tools: [{ tool_name: 'search' }] })).toThrow('extensions');
  });

  it('6: user, address and headers are the caller’s, and the post hook names the tool', async () => {
    const mcp = await enforcer(plugin, engine);
    const callers = { user: 'alice', request_ip: '127.0.0.1', headers: { host: 'x' } };
    await mcp.before(tool);
    expect(lastInput(engine)).toMatchObject(callers);
    await mcp.after(tool, text);
    expect(lastInput(engine)).toMatchObject({ ...callers, payload: { name: 'search' } });
  });

  it('7: "false" allows nothing', async () => {
    engine.answer('p/allow', { allow: 'false' });
    const mcp = await enforcer(plugin, engine);
    expect(await mcp.before(tool)).toMatchObject({ refusal: { code: -32603 } });
  });

  it('8: times have the units that they name, or stop the start', () => {
    const timeout = (opa_client_timeout: string) =>
      applied({}, { config: { opa_client_timeout } }).plugins[0]?.options.timeout;
    expect(['500ms', '1.5s', '2m'].map(timeout)).toEqual([500, 1_500, 120_000]);
    expect(() => timeout('2h')).toThrow('"2h"');
  });

  it('9: the HTTP client stays open after the first call', async () => {
    await (await enforcerOf(example(opa.url), {})).before(git('IBM'));
    await cleanUp();
    const mcp = await enforcerOf(example(opa.url), {});
    const calls = Array.from({ length: 50 }, () => mcp.before(git('path/IBM')));
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 50 }, () => ({ permit: {} })));
  });

  it('10: the timeout limits the whole decision, whatever the number of tries', async () => {
    const silent = await standIn(() => undefined);
    const config = { opa_base_url: silent.url, opa_client_retries: 3, opa_client_timeout: '1s' };
    const mcp = await enforcerOf(applied({ tools: [toolEntry()] }, { config }), {});
    expect(await mcp.before(tool)).toMatchObject({ refusal: { code: -32603, status: 504 } });
    expect(silent.opened()).toBe(1);
  });

  it('11: no payload is in the log', async () => {
    const lines: unknown[] = [];
    const note = (...parameters: unknown[]) => void lines.push(parameters);
    const logger: LoggerService = {
      log: note,
      error: note,
      warn: note,
      debug: note,
      verbose: note,
      fatal: note,
    };
    const mcp = await enforcerOf(example(opa.url), {}, logger);
    await mcp.before(git('s3cret'));
    await mcp.before(git('s3cret IBM'));
    await mcp.after(tool, { content: [{ type: 'text', text: 's3cret@' }] });
    await mcp.after(tool, 's3cret');
    await mcp.before(read('https://example.com/s3cret\\'));
    const broken = await enforcerOf(
      example((await standIn((_, response) => response.end('s3cret'))).url),
      {},
      logger,
    );
    await broken.before(git('s3cret'));
    expect(JSON.stringify(lines)).toContain('OPA_BAD_ANSWER');
    expect(JSON.stringify(lines)).not.toContain('s3cret');
  });

  it('12: the plugin uses the module’s token, cache and circuit breaker', async () => {
    const tokens: unknown[] = [];
    const server = await standIn(({ headers }, response) => {
      tokens.push(headers.authorization);
      response.setHeader('content-type', 'application/json').end('{"result":true}');
    });
    const cache = { max: 10, allowTtl: 60_000, denyTtl: 60_000 };
    const mcp = await enforcerOf(example(server.url), { token: 't', cache });
    expect(await mcp.before(git('x'))).toEqual({ permit: {} });
    expect(await mcp.before(git('x'))).toEqual({ permit: {} });
    expect(tokens).toEqual(['Bearer t']);
    let reached = 0;
    const refusing = await standIn((_, response) => {
      reached += 1;
      response.writeHead(503).end();
    });
    const circuitBreaker = { minimumCalls: 1 };
    const broken = await enforcerOf(example(refusing.url), { retry: false, circuitBreaker });
    for (let count = 0; count < 3; count += 1) {
      expect(await broken.before(git('x'))).toMatchObject({ refusal: { code: -32603, status: 503 } });
    }
    expect(reached).toBe(1);
  });

  it.each<[string, number, string]>([
    ['201', 201, '{"result":true}'],
    ['what is not JSON', 200, 'true'],
    ['half of it', 200, '{"result":'],
  ])('13: %s is a failed decision, and the client gets no details', async (_name, status, body) => {
    const server = await standIn((_, response) => response.writeHead(status).end(body));
    const mcp = await enforcerOf(example(server.url), {});
    expect(await mcp.before(git('IBM'))).toEqual({
      refusal: {
        kind: 'failed',
        code: -32603,
        message: 'The request could not be decided',
        status: 500,
      },
    });
  });

  it('14: the shipped configuration warns that it blocks nothing, and blocks in mode enforce', async () => {
    const shipped = applied({ tools: [toolEntry()] }, { mode: 'permissive' });
    expect(shipped.warnings).toContainEqual(expect.stringContaining('mode "permissive" blocks nothing'));
    const mcp = await enforcerOf(example(opa.url), {});
    expect(await mcp.before(git('path/BIM'))).toMatchObject({ refusal: { kind: 'denied', code: -32001 } });
    expect(await mcp.before(git('path/IBM'))).toEqual({ permit: {} });
    expect(await mcp.after(git('IBM'), text)).toEqual({ result: text });
    const leak = { content: [{ type: 'text', text: 'ann@example.com' }] };
    expect(await mcp.after(git('IBM'), leak)).toMatchObject({ refusal: { kind: 'denied', code: -32001 } });
    expect(await mcp.before(read('https://example.com/root'))).toMatchObject({ refusal: { code: -32001 } });
    expect(await mcp.before(read('https://example.com/open'))).toEqual({ permit: {} });
  });
});
