import type { AddressInfo } from 'node:net';
import { ForbiddenException } from '@nestjs/common';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isLoopback, isPreflight, OriginRule } from 'nestjs-opa-mcp/internal';
import { upgradeOf } from '../http/index.js';
import type { Upstream } from './upstream.js';

/**
 * The CORS protocol of the upstreams with the option `origins`. It runs before all guards: a preflight has no token, and
 * an allowed page may read refusals too.
 *
 * @see {@link https://fetch.spec.whatwg.org/#http-cors-protocol | the CORS protocol}
 */
export class Cors {
  private readonly rules: ReadonlyMap<string, OriginRule>;

  constructor(adapter: FastifyAdapter, upstreams: readonly Upstream[]) {
    const instance = adapter.getInstance();
    const isLocal = (): boolean =>
      isLoopback((instance.server.address() as AddressInfo | null)?.address ?? '');
    this.rules = new Map(
      upstreams.flatMap(({ entry: { name, origins } }) =>
        origins === undefined
          ? []
          : [[`/api/${name}`, new OriginRule({ isLocal, origins, publicHost: undefined })] as const],
      ),
    );
    instance.addHook('onRequest', (request, reply, done) => {
      const [, api = '', name = ''] = (request.raw.url ?? '').split(/[/?]/);
      const rule = this.rules.get(`/${api}/${name}`);
      if (rule !== undefined && this.isAnswered(rule, request, reply)) return;
      done();
    });
  }

  /** Sets the CORS headers. Returns whether the method has answered the request. */
  private isAnswered(rule: OriginRule, request: FastifyRequest, reply: FastifyReply): boolean {
    const { origin } = request.headers;
    const isAllowed = origin !== undefined && rule.allows(origin);
    // A cache must also know that a response to a request without `Origin` depends on `Origin`.
    reply.header('vary', 'Origin');
    if (isAllowed) {
      // `*` does not cover requests with cookies, and the gateway does not allow pages to send cookies.
      reply.headers({ 'access-control-allow-origin': origin, 'access-control-expose-headers': '*' });
    }
    if (isPreflight(request)) {
      answerPreflight(request, reply, isAllowed);
      return true;
    }
    // A browser lets every page open a WebSocket and read it. Only the server can refuse the page.
    if (origin !== undefined && !isAllowed && upgradeOf(request.raw) !== undefined) {
      throw new ForbiddenException('This origin is not allowed');
    }
    return false;
  }
}

/** Allows the method and the headers that the page asks for. The policy decides the page's request. */
function answerPreflight({ headers }: FastifyRequest, reply: FastifyReply, isAllowed: boolean): void {
  reply.header('vary', 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers');
  if (isAllowed) {
    reply.header('access-control-allow-methods', headers['access-control-request-method']);
    const names = headers['access-control-request-headers'];
    if (names !== undefined) reply.header('access-control-allow-headers', names);
  }
  void reply.code(204).send();
}
