import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Cleanup } from '../support/cleanup.js';
import { startGateway } from '../support/gateway-process.js';
import { startOpa } from '../support/opa-process.js';
import { HEADERS } from './support/mcp-gateway.js';
import { buildGoServers, startGo } from './support/real-servers.js';
import type { GoServer } from './support/real-servers.js';

/** All but the tool `danger`, and the path `secret`. */
const POLICIES = {
  'go.rego': `package go
default allow := false
allow if not denied
denied if input.resource.id == "danger"
denied if input.request.params.arguments.path == "secret"
denied if input.request.params.arguments.options.root == "secret"`,
};

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

let programs: Awaited<ReturnType<typeof buildGoServers>>;
beforeAll(async () => {
  programs = await buildGoServers();
}, 900_000);

async function send(url: string, text: string): Promise<{ result?: unknown; error?: { code: number } }> {
  const response = await fetch(url, { method: 'POST', headers: HEADERS, body: text });
  return (await response.json()) as Awaited<ReturnType<typeof send>>;
}

const LIST = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}';
const RESPONSE_START = '"jsonrpc":"2.0","id":1';
const CALL = `${RESPONSE_START},"method":"tools/call"`;

/** What a server in Go takes for a call of `danger`, or of `read` with the path `secret`. */
const AROUND = [
  [
    'a second method',
    `{${RESPONSE_START},"method":"ping","Method":"tools/call","params":{"name":"danger"}}`,
    -32600,
  ],
  ['a second method, first', `{"METHOD":"ping",${CALL},"params":{"name":"danger"}}`, -32600],
  ['a second params', `{${CALL},"params":{"name":"safe"},"param\u017f":{"name":"danger"}}`, -32600],
  ['params spelled otherwise', `{${CALL},"Params":{"name":"danger"}}`, -32600],
  ['a second name', `{${CALL},"params":{"name":"safe","Name":"danger"}}`, -32602],
  ['a second name, escaped', `{${CALL},"params":{"name":"safe","\\u004eame":"danger"}}`, -32602],
  ['second arguments', `{${CALL},"params":{"name":"read","argument\u017f":{"path":"secret"}}}`, -32602],
] as const;
const WITHIN = [
  ['a second argument', `{${CALL},"params":{"name":"read","arguments":{"path":"","Path":"secret"}}}`, -32602],
  ['an argument in another case', `{${CALL},"params":{"name":"read","arguments":{"PATH":"secret"}}}`, -32602],
  [
    'a nested argument in another case',
    `{${CALL},"params":{"name":"read","arguments":{"options":{"Root":"secret"}}}}`,
    -32602,
  ],
] as const;
const HOSTILE = [...AROUND, ...WITHIN];

describe.each(['plain', 'sdk'] as const)('a server in Go, %s', (name: GoServer) => {
  let direct: string;
  let through: string;
  let exact: string;
  beforeAll(async () => {
    direct = await startGo(cleanup, programs[name]);
    const opa = cleanup.add(await startOpa({ rego: POLICIES }), ({ kill }) => kill());
    const entry = { url: direct, policy: 'go/allow' };
    const mcp = [
      { ...entry, name: 'go' },
      { ...entry, name: 'exact', caseSensitive: true },
    ];
    const gateway = cleanup.add(await startGateway({ opa: { url: opa.url }, mcp }), ({ end }) => end());
    through = `http://127.0.0.1:${gateway.port}/mcp/go`;
    exact = `http://127.0.0.1:${gateway.port}/mcp/exact`;
    // What is listed is known from then on.
    for (const url of [through, exact])
      expect(await send(url, LIST)).toHaveProperty('result.tools.length', 3);
  });

  const ran = async (): Promise<unknown> => (await fetch(direct.replace(/mcp$/, 'ran'))).json();

  it.each([
    ['safe', `{${CALL},"params":{"name":"safe","arguments":{}}}`, ['safe']],
    ['read', `{${CALL},"params":{"name":"read","arguments":{"path":"a","other":1}}}`, ['read a']],
  ])('runs the tool %s, which is allowed', async (_name, text, expected) => {
    expect(await send(through, text)).toHaveProperty('result');
    expect(await ran()).toEqual(expected);
  });

  it('runs no tool that is denied', async () => {
    const text = `{${CALL},"params":{"name":"danger","arguments":{}}}`;
    expect(await send(through, text)).toMatchObject({ error: { code: -32001 } });
    expect(await ran()).toEqual([]);
  });

  it.each(HOSTILE)('runs nothing undecided: %s', async (_name, text, code) => {
    expect(await send(through, text)).toMatchObject({ error: { code } });
    expect(await ran()).toEqual([]);
  });

  it.each(HOSTILE)('would run it: %s', async (_name, text, _code) => {
    await send(direct, text);
    expect(JSON.stringify(await ran())).toMatch(/danger|secret/);
  });

  it.each(AROUND)(
    'runs nothing undecided where the entry is case-sensitive: %s',
    async (_name, text, code) => {
      expect(await send(exact, text)).toMatchObject({ error: { code } });
      expect(await ran()).toEqual([]);
    },
  );

  it.each(WITHIN)(
    'gets arguments as they are where the entry is case-sensitive: %s',
    async (_name, text, _code) => {
      expect(await send(exact, text)).toHaveProperty('result');
      expect(await ran()).toEqual(['read secret']);
    },
  );
});
