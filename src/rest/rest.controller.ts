import { All, Controller, Req, Res, UseGuards, UseInterceptors } from '@nestjs/common';
import type { OnApplicationShutdown, StreamableFile, Type } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { OpaGuard, OpaInput, OpaInterceptor, OpaPolicy } from 'nestjs-opa';
import type { ExecutionContext } from '@nestjs/common';
import type { AuthGuard } from '../auth/index.js';
import { UntrustedHeaders, upgradeOf } from '../http/index.js';
import { forward } from './forward.js';
import { upstreamTarget } from './upstream-path.js';
import type { Upstream } from './upstream.js';

/**
 * Creates the controller of an upstream, for `/api/{name}` and all paths below. OPA decides each request first.
 *
 * @param guard - verifies the tokens of the upstream's clients
 */
export function restController(upstream: Upstream, guard: AuthGuard): Type {
  const { name, response, forwardHeaders } = upstream.entry;

  @Controller(`api/${name}`)
  @UseGuards(new UntrustedHeaders(forwardHeaders, upstream.credentials.removedHeaders), guard, OpaGuard)
  @UseInterceptors(OpaInterceptor)
  @OpaPolicy(upstream.policy, response === undefined ? {} : { response })
  @OpaInput(upstreamInput)
  class RestController implements OnApplicationShutdown {
    @All(['', '*'])
    pass(
      @Req() request: FastifyRequest,
      @Res({ passthrough: true }) reply: FastifyReply,
    ): Promise<StreamableFile | undefined> {
      return forward(request, reply, upstream);
    }

    onApplicationShutdown(): void {
      upstream.close();
    }
  }
  return RestController;
}

/**
 * Replaces the gateway's path in the input by the path that the upstream receives. A request for a WebSocket has the
 * member `upgrade` too.
 */
function upstreamInput(context: ExecutionContext, input: Readonly<Record<string, unknown>>): object {
  const { raw } = context.switchToHttp().getRequest<FastifyRequest>();
  const request = { ...(input['request'] as object), path: upstreamTarget(raw.url ?? '').path };
  return { request: upgradeOf(raw) === undefined ? request : { ...request, upgrade: 'websocket' } };
}
