import {
  All,
  Controller,
  createParamDecorator,
  Inject,
  Logger,
  Req,
  Res,
  UseFilters,
  UseGuards,
  VERSION_NEUTRAL,
} from '@nestjs/common';
import type { ExecutionContext, Type } from '@nestjs/common';
import { OpaPublic } from 'nestjs-opa';
import { ClientRequest } from '../http/client-request.js';
import { ClientResponse } from '../http/client-response.js';
import type { PlatformResponse } from '../http/client-response.js';
import { openExchange } from '../http/exchange.js';
import type { Exchange } from '../http/exchange.js';
import { post } from '../http/post.js';
import { refuse, refuseError } from '../http/refuse.js';
import { Refused } from '../http/refused.js';
import { deleteSession } from '../http/delete-session.js';
import { getStream } from '../http/get-stream.js';
import { GatewayError } from '../protocol/gateway-error.js';
import { INVALID_REQUEST } from '../protocol/parse.js';
import { OpenStreams } from '../session/open-streams.js';
import { ChallengeFilter } from './challenge.filter.js';
import { claimsOf } from './claims-of.js';
import { McpGateway } from './mcp-gateway.js';
import type { McpGuard } from './mcp-gateway.module-definition.js';
import { MCP_ROUTE, METHODS, nameOf } from './mcp-route.js';
import type { McpRouteRequest } from './mcp-route.js';
import { OriginGuard } from './origin.guard.js';
import { PreflightFilter } from './preflight.filter.js';

/** Injects Nest's execution context of the HTTP request. */
const Context = createParamDecorator((_: undefined, context: ExecutionContext) => context);

/**
 * Makes the controller of all MCP servers, `/mcp/{name}`.
 *
 * @param guards - the guards that authenticate the caller; they run after the check of the origin
 */
export function mcpController(guards: readonly McpGuard[]): Type {
  // The policies decide each message instead of the route.
  @Controller({ path: MCP_ROUTE, version: VERSION_NEUTRAL })
  @OpaPublic()
  @UseGuards(OriginGuard, ...guards)
  @UseFilters(ChallengeFilter, PreflightFilter)
  class McpController {
    private readonly logger = new Logger('Mcp');

    constructor(
      @Inject(McpGateway) private readonly gateway: McpGateway,
      @Inject(OpenStreams) private readonly streams: OpenStreams,
    ) {}

    @All()
    async handle(
      @Req() route: McpRouteRequest,
      @Res() reply: PlatformResponse,
      @Context() context: ExecutionContext,
    ): Promise<void> {
      const decided = this.gateway.find(nameOf(route));
      if (decided === undefined) return;
      const request = new ClientRequest(route);
      const response = new ClientResponse(reply, () => this.streams.isClosing);
      try {
        const claims = claimsOf(this.gateway.settings.claims, route);
        await this.respond(openExchange({ ...decided, request, response, claims, context }));
      } catch (error) {
        if (!(error instanceof GatewayError)) this.logger.error(error);
        refuseError({ server: decided.server, request, response }, error);
      }
    }

    private async respond(exchange: Exchange): Promise<void> {
      try {
        await this.dispatch(exchange);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        refuse(exchange, error);
      }
    }

    private async dispatch(exchange: Exchange): Promise<void> {
      switch (exchange.request.method) {
        case 'POST':
          return post(exchange, this.streams);
        case 'GET':
          return getStream(exchange, this.streams);
        case 'DELETE':
          return deleteSession(exchange);
        default:
          throw new GatewayError(405, INVALID_REQUEST, 'Method not allowed', null, { allow: METHODS });
      }
    }
  }
  return McpController;
}
