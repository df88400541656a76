import { afterEach, describe, expect, it } from '@jest/globals';
import fastifyCookie from '@fastify/cookie';
import fastifySession from '@fastify/session';
import session from 'express-session';
import type { FastifyInstance } from 'fastify';
import type { RequestHandler } from 'express';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { get, OutgoingMessage } from 'node:http';
import type { TestAnswer } from 'nestjs-opa/testing';
import type { ResultsSetup, RunningResults } from './support.js';
import { startResults } from './support.js';

const SECRET = 'a secret of more than thirty-two characters';

/** What the handlers use of a request and a reply: a session, and what plugins have added. */
interface Carried {
  readonly req: { session: Record<string, unknown> };
  readonly request: { session: Record<string, unknown> };
  readonly raw: { statusMessage: string; appendHeader(name: string, value: string): unknown };
  setCookie(name: string, value: string): unknown;
  cookie(name: string, value: string): unknown;
  trailer(name: string, value: () => Promise<string>): unknown;
  appendHeader(name: string, value: string): unknown;
  statusMessage: string;
}

/** Everything of an answer but its body: status line, headers and trailers. */
async function head(url: string): Promise<string> {
  const [response] = (await once(get(url, { agent: false }), 'response')) as [IncomingMessage];
  await once(response.resume(), 'end');
  const { statusCode, statusMessage, rawHeaders, rawTrailers } = response;
  const lines = [...rawHeaders, ...rawTrailers].map((text, index) =>
    index % 2 === 0 ? `\n${text}: ` : text,
  );
  return `${statusCode} ${statusMessage}${lines.join('')}`;
}

let running: RunningResults;
afterEach(() => running.close());

const onExpress: Pick<ResultsSetup, 'adapter' | 'prepare'> = {
  adapter: 'express',
  prepare: (app) => {
    const handler: RequestHandler = session({ secret: SECRET, resave: false, saveUninitialized: false });
    app.use(handler);
    app.use(((_request, response, next) => {
      response.cookie('before', '1');
      response.cookie('csrf', '1');
      next();
    }) satisfies RequestHandler);
  },
};

const onFastify: Pick<ResultsSetup, 'adapter' | 'prepare'> = {
  adapter: 'fastify',
  prepare: async (app) => {
    await app.register(fastifyCookie);
    await app.register(fastifySession, {
      secret: SECRET,
      cookie: { secure: false },
      saveUninitialized: false,
    });
    const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
    fastify
      .addHook('onRequest', (_request, reply, done) => {
        reply.header('set-cookie', ['before=1', 'csrf=1']);
        done();
      })
      .addHook('onSend', (_request, reply, _payload, done) => {
        if (reply.hasHeader('x-late')) reply.header('set-cookie', 'late=1');
        reply.header('x-late-seen', '1');
        done();
      });
  },
};

type Leave = (reply: Carried) => void;

/** As cookie-session does: on-headers replaces writeHead, and cookies calls the setHeader of all answers. */
const lateCookie: Leave = (reply) => {
  const response = reply as unknown as ServerResponse;
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse;
  const late = (...args: unknown[]): ServerResponse => {
    OutgoingMessage.prototype.setHeader.call(response, 'set-cookie', ['own=1']);
    return writeHead(...args);
  };
  Object.assign(response, { writeHead: late });
};

const rows: [string, typeof onExpress, Leave, string][] = [
  [
    'express: a session of express-session',
    onExpress,
    (reply) => (reply.req.session['user'] = 'ann'),
    'connect.sid=',
  ],
  ['express: a cookie of its own', onExpress, (reply) => reply.cookie('own', '1'), 'own=1'],
  ['express: one more value', onExpress, (reply) => reply.appendHeader('set-cookie', 'own=1'), 'own=1'],
  ['express: a cookie by the package cookies, as the headers leave', onExpress, lateCookie, 'own=1'],
  ['express: a status text', onExpress, (reply) => (reply.statusMessage = 'own=1'), 'own=1'],
  [
    'fastify: a session of @fastify/session',
    onFastify,
    (reply) => (reply.request.session['user'] = 'ann'),
    'sessionId=',
  ],
  ['fastify: a cookie of @fastify/cookie', onFastify, (reply) => reply.setCookie('own', '1'), 'own=1'],
  [
    'fastify: a trailer',
    onFastify,
    (reply) => reply.trailer('x-own', () => Promise.resolve('own=1')),
    'own=1',
  ],
  ['fastify: a status text', onFastify, (reply) => (reply.raw.statusMessage = 'own=1'), 'own=1'],
];

describe('headers and cookies that a handler sets', () => {
  const send = async (setup: typeof onExpress, leave: Leave, view: TestAnswer): Promise<string> => {
    running = await startResults({
      ...setup,
      view,
      give: (reply) => {
        leave(reply as unknown as Carried);
        return { a: 1 };
      },
    });
    return head(await running.app.getUrl());
  };

  it.each(rows)('leave with an allowed result: %s', async (_name, setup, leave, text) => {
    const answer = await send(setup, leave, true);
    expect(answer).toMatch(/^200 /);
    expect(answer).toContain(text);
  });

  it.each(rows)('do not leave with a denied result: %s', async (_name, setup, leave) => {
    const answer = await send(setup, leave, {
      allow: false,
      headers: { 'x-denied': '1', 'set-cookie': 'policy=1' },
    });
    expect(answer).toMatch(/^403 /);
    expect(answer).not.toMatch(/own=1|connect\.sid=|sessionId=/);
    expect(answer).toMatch(/x-denied: 1/i);
    expect(answer).toMatch(/set-cookie: policy=1/i);
    if (setup === onFastify) expect(answer).toMatch(/x-late-seen: 1/i);
  });

  it.each([
    ['express', onExpress],
    ['fastify', onFastify],
  ])('leave on %s when they were set before the handler', async (_name, setup) => {
    const answer = await send(setup, () => undefined, false);
    expect(answer.match(/set-cookie: (before|csrf)=1/gi)).toHaveLength(2);
  });
});
