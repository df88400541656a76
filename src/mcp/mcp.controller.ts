import { All, Controller, Inject, Req, Res, UseGuards } from '@nestjs/common';
import type { OnApplicationShutdown, Type } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { OpaPublic } from 'nestjs-opa';
import { INVALID_REQUEST } from 'nestjs-opa-mcp';
import type { McpEnforcer } from 'nestjs-opa-mcp';
import type { Authentication, UserRequest } from '../auth/index.js';
import { answerPreflight, isPreflight } from './cors.js';
import { enforcerToken } from './enforcer-of.js';
import { Exchange } from './exchange.js';
import { GatewayError } from './gateway-error.js';
import { McpAuthGuard } from './mcp-auth.guard.js';
import type { McpServer } from './mcp-server.js';
import { OriginGuard } from './origin.guard.js';
import { post } from './post.js';
import { refuseRequest } from './refuse.js';
import { endSession, listen } from './standing.js';
import { StandingStreams } from './standing-streams.js';

const METHODS = 'POST, GET, DELETE';

/** The controller of one MCP server, `/mcp/{name}`. */
export function mcpController(server: McpServer, authentication: Authentication): Type {
  const { name } = server.entry;

  // The messages are decided, not the route.
  @Controller(`mcp/${name}`)
  @OpaPublic()
  @UseGuards(new OriginGuard(server.origins), new McpAuthGuard(authentication, name))
  class McpController implements OnApplicationShutdown {
    constructor(
      @Inject(enforcerToken(name)) private readonly enforcer: McpEnforcer,
      @Inject(StandingStreams) private readonly standing: StandingStreams,
    ) {}

    @All()
    async pass(@Req() request: UserRequest, @Res() reply: FastifyReply): Promise<void> {
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
