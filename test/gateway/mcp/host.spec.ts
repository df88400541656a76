import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Cleanup } from '../support/cleanup.js';
import { rawConnection } from '../support/raw.js';
import { AUDIENCE, ISSUER, startIssuer } from '../support/tokens.js';
import { startMcpGateway, tool } from './support/mcp-gateway.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

const METADATA = '/.well-known/oauth-protected-resource/mcp/up';
const CALL = JSON.stringify(tool('pay'));
let port: number;
let token: string;

beforeAll(async () => {
  const issuer = cleanup.add(await startIssuer(), ({ remove }) => remove());
  const auth = { jwks: issuer.jwksFile, issuer: ISSUER, audience: AUDIENCE };
  ({ port } = (await startMcpGateway(cleanup, [{}], { auth })).gateway);
  token = await issuer.sign({ sub: 'alice' });
});

/** What the gateway answers to each request that can be told where its metadata are. */
async function responsesTo(hosts: readonly string[], origin = ''): Promise<[status: number, text: string][]> {
  const lines = hosts.map((host) => `Host: ${host}\r\n`).join('');
  const message = `Content-Type: application/json\r\nContent-Length: ${CALL.length}\r\nConnection: close\r\n`;
  const requests = [
    `GET ${origin}${METADATA} HTTP/1.1\r\n${lines}Connection: close\r\n\r\n`,
    `POST ${origin}/mcp/up HTTP/1.1\r\n${lines}${message}\r\n${CALL}`,
    `POST ${origin}/mcp/up HTTP/1.1\r\n${lines}${message}Authorization: Bearer ${token}\r\n\r\n${CALL}`,
  ];
  const received: [number, string][] = [];
  for (const request of requests) {
    const text = await (await rawConnection(port, request)).closed;
    received.push([Number(text.slice(9, 12)), text]);
  }
  return received;
}

describe("a request's host", () => {
  it.each([
    ['another name', ['evil.example'], [200, 403, 403]],
    ['another name with this port', [() => `evil.example:${port}`], [200, 403, 403]],
    ['this address with another port', ['127.0.0.1:6666'], [200, 401, 403]],
    ['none', [''], [200, 403, 403]],
    ['another name of this machine', [() => `LOCALHOST:${port}`], [200, 401, 403]],
  ] as [string, (string | (() => string))[], number[]][])(
    'is in no metadata and in no challenge: %s',
    async (_what, hosts, statuses) => {
      const received = await responsesTo(hosts.map((host) => (typeof host === 'string' ? host : host())));
      expect(received.map(([status]) => status)).toEqual(statuses);
      for (const [, text] of received) expect(text).not.toMatch(/evil|6666|LOCALHOST/);
      expect(received[0]?.[1]).toContain(`"resource":"http://127.0.0.1:${port}/mcp/up"`);
    },
  );

  it.each([
    ['user information', ['user:pw@127.0.0.1']],
    ['user information of another host', ['127.0.0.1@evil.example']],
    ['a path', ['127.0.0.1/evil']],
    ['a list', ['127.0.0.1,evil.example']],
    ['percent-encoding', ['%65vil.example']],
    ['a query', ['127.0.0.1?evil']],
    ['white space', ['127.0.0.1 evil']],
    ['a quote', ['127.0.0.1"evil']],
    ['two of them', ['127.0.0.1', 'evil.example']],
    ['a list', ['127.0.0.1, evil.example']],
  ])('that is none is refused: %s', async (_what, hosts) => {
    const received = await responsesTo(hosts);
    expect(received.map(([status]) => status)).toEqual([400, 400, 400]);
    for (const [, text] of received) expect(text).not.toMatch(/evil|user|pw|resource/);
  });

  it.each(['http://user:pw@evil.example', 'http://user:pw@127.0.0.1'])(
    'is not taken from a target that is a whole URL: %s',
    async (origin) => {
      const received = await responsesTo(['127.0.0.1'], origin);
      expect(received.map(([status]) => status)).toEqual([400, 400, 400]);
      for (const [, text] of received) expect(text).not.toMatch(/evil|user|pw|resource/);
    },
  );

  it('is localhost for a client that uses localhost: clients compare the resource with their URL', async () => {
    const [[, metadata] = [0, ''], [, challenge] = [0, '']] = await responsesTo([`localhost:${port}`]);
    expect(metadata).toContain(`"resource":"http://localhost:${port}/mcp/up"`);
    expect(challenge).toContain(`resource_metadata="http://localhost:${port}${METADATA}"`);
  });
});
