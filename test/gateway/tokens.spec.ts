import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Cleanup } from './support/cleanup.js';
import { send } from './support/client.js';
import type { GatewayProcess } from './support/gateway-process.js';
import { startOpenGateway } from './support/open-gateway.js';
import { AUDIENCE, ISSUER, startIssuer } from './support/tokens.js';
import type { Issuer } from './support/tokens.js';

const cleanup = new Cleanup();
afterAll(() => cleanup.run());

let issuer: Issuer;
let upstreamHeaders: IncomingHttpHeaders[] = [];

beforeAll(async () => {
  issuer = cleanup.add(await startIssuer(), ({ remove }) => remove());
});

/** A gateway whose policy allows everything, and tells the upstream who asks. */
async function startTelling(auth?: object): Promise<GatewayProcess> {
  const { gateway } = await startOpenGateway(
    cleanup,
    (request, response) => {
      upstreamHeaders.push(request.headers);
      response.end();
    },
    () => [],
    { opa: { policy: 'test/subject' }, ...(auth && { auth }) },
  );
  return gateway;
}

/** Sends a request, and gives its status and who asked it, or `undefined` when the upstream got nothing. */
async function requestWith(
  { port }: GatewayProcess,
  headers: OutgoingHttpHeaders = {},
): Promise<[number, unknown]> {
  upstreamHeaders = [];
  const { status } = await send(port, { path: '/api/up/1', headers });
  const [got] = upstreamHeaders;
  if (got) expect(got).not.toHaveProperty('authorization');
  return [status, got && JSON.parse(String(got['x-subject']))];
}

const ANONYMOUS = { type: 'anonymous' };

describe('without auth', () => {
  let gateway: GatewayProcess;
  beforeAll(async () => {
    gateway = await startTelling();
  });

  it('the gateway neither reads nor forwards a token: each client is anonymous', async () => {
    const tokens = [
      undefined,
      `Bearer ${await issuer.sign({ sub: 'bob' })}`,
      'Bearer nonsense',
      'Basic Ym9iOmJvYg==',
      '',
    ];
    for (const authorization of tokens) {
      const headers = authorization === undefined ? {} : { authorization };
      expect([authorization, ...(await requestWith(gateway, headers))]).toEqual([
        authorization,
        200,
        ANONYMOUS,
      ]);
    }
  });
});

describe('with anonymous: true', () => {
  let gateway: GatewayProcess;
  beforeAll(async () => {
    const auth = { jwks: issuer.jwksFile, issuer: ISSUER, audience: AUDIENCE, anonymous: true };
    gateway = await startTelling(auth);
  });

  it('a request without a token is anonymous', async () => {
    expect(await requestWith(gateway)).toEqual([200, ANONYMOUS]);
  });

  it("a token's subject is its claims", async () => {
    const exp = 4_000_000_000;
    const claims = { sub: 'bob', role: 'editor', exp, iss: ISSUER, aud: [AUDIENCE, 'other'] };
    expect(await requestWith(gateway, { authorization: `bearer ${await issuer.sign(claims)}` })).toEqual([
      200,
      { ...claims, type: 'user', id: 'bob' },
    ]);
  });

  it.each([{ sub: 'anonymous' }, { sub: 'x', type: 'anonymous' }, { sub: 'x', type: 'anonymous', id: '' }])(
    "no token's subject is the anonymous one: %j",
    async (claims) => {
      const [status, subject] = await requestWith(gateway, {
        authorization: `Bearer ${await issuer.sign(claims)}`,
      });
      expect([status, subject]).toMatchObject([200, { type: 'user', id: claims.sub }]);
    },
  );

  const NO_SUBJECT = [undefined, '', ' ', '\u00a0\t', 7, null, ['bob'], { id: 'bob' }];
  it.each(NO_SUBJECT.map((sub) => ({ sub })))('a token whose sub is $sub is 401', async ({ sub }) => {
    const authorization = `Bearer ${await issuer.sign({ sub })}`;
    expect(await requestWith(gateway, { authorization })).toEqual([401, undefined]);
  });

  it.each([
    'Bearer nonsense',
    'Bearer',
    'Bearer ',
    '',
    'Basic Ym9iOmJvYg==',
    'Token abc',
    'Bearer a b',
    'Bearer a.b.c',
  ])('a bad token is 401, and not anonymous: %s', async (authorization) => {
    expect(await requestWith(gateway, { authorization })).toEqual([401, undefined]);
  });
});
