import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Cleanup } from '../support/cleanup.js';
import { startGateway } from '../support/gateway-process.js';
import { startOpa } from '../support/opa-process.js';
import { startAllowing } from './support/allowing.js';
import { DECIDED, POLICIES } from './support/policies.js';
import { startEverything, startReference } from './support/real-servers.js';
import { conform, getMcpTools, inspect, pythonCalls } from './support/tools.js';
import type { McpTools } from './support/tools.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

let tools: McpTools;
let reference: string;
beforeAll(async () => {
  tools = await getMcpTools();
  reference = await startReference(cleanup);
}, 900_000);

/** Starts a gateway that denies the tool `secret`, and masks passwords; gives the server's URL there. */
async function startDeciding(url: string): Promise<string> {
  const opa = cleanup.add(await startOpa({ rego: POLICIES }), ({ kill }) => kill());
  const mcp = [{ name: 'real', url, ...DECIDED }];
  const gateway = cleanup.add(await startGateway({ opa: { url: opa.url }, mcp }), ({ end }) => end());
  return `http://127.0.0.1:${gateway.port}/mcp/real`;
}

describe('the conformance suite', () => {
  it.each([
    ['2025-11-25', 75],
    ['2026-07-28', 130],
  ])(
    'passes the same checks of %s directly and through the gateway',
    async (revision, least) => {
      const direct = await conform(tools, reference, revision);
      expect(direct.size).toBeGreaterThan(least);
      const through = await conform(tools, await startAllowing(cleanup, reference), revision);
      expect([...direct].filter((check) => !through.has(check))).toEqual([]);
    },
    300_000,
  );
});

describe("the Inspector's command line", () => {
  it('gets the same results directly and through the gateway', async () => {
    const everything = await startEverything(cleanup);
    const through = await startAllowing(cleanup, everything);
    const methods = [
      ['tools/list'],
      ['prompts/list'],
      ['resources/list'],
      ['resources/templates/list'],
      ['tools/call', '--tool-name', 'get-sum', '--tool-arg', 'a=1', 'b=2'],
      ['prompts/get', '--prompt-name', 'args-prompt', '--prompt-args', 'city=Rome'],
      ['resources/read', '--uri', 'demo://resource/static/document/features.md'],
    ];
    for (const method of methods) {
      const expected = await inspect(tools, everything, ...method);
      expect(Object.keys(expected as object)).not.toContain('error');
      expect(await inspect(tools, through, ...method)).toEqual(expected);
    }
  }, 180_000);

  it('shows what a policy denies, with its reason', async () => {
    const url = await startDeciding(reference);
    expect(await inspect(tools, url, 'resources/read', '--uri', 'secret')).toMatchObject({
      error: { message: expect.stringContaining('secret is for nobody') },
    });
  });
});

describe('the Python client', () => {
  it.each(['v1', 'v2'] as const)(
    '%s gets the code and message of a denial, and continues its session',
    async (version) => {
      expect(await pythonCalls(tools, version, await startDeciding(reference))).toEqual({
        denied: { code: -32001, message: expect.stringContaining('secret is for nobody') },
        text: 'This is a simple text response for testing.',
      });
    },
    60_000,
  );
});
