import { All, Controller, Inject, Req, Res, UseGuards } from '@nestjs/common';
import type { CanActivate, OnApplicationShutdown, Type } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { OpaPublic } from 'nestjs-opa';
import { INVALID_REQUEST } from '../protocol/parse.js';
import type { McpEnforcer } from '../policy/enforcer.js';
import type { ClientRequest } from '../http/client-request.js';
import { answerPreflight, isPreflight } from '../http/cors.js';
import { enforcerToken } from './enforcer-of.js';
import { Exchange } from '../http/exchange.js';
import { GatewayError } from '../protocol/gateway-error.js';
import type { McpServer } from '../http/mcp-server.js';
import { OriginGuard } from './origin.guard.js';
import { post } from '../http/post.js';
import { refuseRequest } from '../http/refuse.js';
import { endSession, listen } from '../http/standing.js';
import { StandingStreams } from '../session/standing-streams.js';

const METHODS = 'POST, GET, DELETE';

/**
 * The controller of one MCP server, `/mcp/{name}`.
 *
 * @param guards - they find out who calls; they run after the check of the origin
 */
export function mcpController(server: McpServer, guards: readonly CanActivate[]): Type {
  const { name } = server.entry;

  // The messages are decided, not the route.
  @Controller(`mcp/${name}`)
  @OpaPublic()
  @UseGuards(new OriginGuard(server.origins), ...guards)
  class McpController implements OnApplicationShutdown {
    constructor(
      @Inject(enforcerToken(name)) private readonly enforcer: McpEnforcer,
      @Inject(StandingStreams) private readonly standing: StandingStreams,
    ) {}

    @All()
    async pass(@Req() request: ClientRequest, @Res() reply: FastifyReply): Promise<void> {
      if (isPreflight(request)) return answerPreflight(request, reply, METHODS);
      const exchange = new Exchange({ server, enforcer: this.enforcer }, request, reply);
      try {
        await this.handle(exchange);
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error;
        await refuseRequest(exchange, error);
      }
    }

    async onApplicationShutdown(): Promise<void> {
      await server.upstream.close();
    }

    private async handle(exchange: Exchange): Promise<void> {
      switch (exchange.request.method) {
        case 'POST':
          return post(exchange, this.standing);
        case 'GET':
          return listen(exchange, this.standing);
        case 'DELETE':
          return endSession(exchange);
        default:
          throw new GatewayError(405, INVALID_REQUEST, 'Method not allowed', null, { allow: METHODS });
      }
    }
  }
  return McpController;
}
