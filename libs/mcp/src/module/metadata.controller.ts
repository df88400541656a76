import { Controller, Get, Options, Req, Res } from '@nestjs/common';
import type { Type } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { OpaPublic } from 'nestjs-opa';
import { answerPreflight, shareAnswer } from '../http/cors.js';
import type { McpServer } from '../http/mcp-server.js';
import { METADATA_PATH, resourceUrl } from '../http/server-url.js';

/** What a client needs to know to get a token (RFC 9728). */
interface ResourceMetadata {
  readonly resource: string;
  readonly authorization_servers: readonly string[];
  readonly bearer_methods_supported: readonly string[];
}

/**
 * The controller of one MCP server's protected-resource metadata, which everyone may read; of pages, those that may call
 * the server.
 */
export function metadataController({ entry: { name }, origins }: McpServer, issuer: string): Type {
  @Controller(`${METADATA_PATH}/${name}`)
  @OpaPublic()
  class MetadataController {
    @Get()
    metadata(
      @Req() request: FastifyRequest,
      @Res({ passthrough: true }) reply: FastifyReply,
    ): ResourceMetadata {
      shareAnswer(request, reply, origins);
      return {
        resource: resourceUrl(request, name),
        authorization_servers: [issuer],
        bearer_methods_supported: ['header'],
      };
    }

    @Options()
    async preflight(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
      if (shareAnswer(request, reply, origins)) await answerPreflight(request, reply, 'GET');
      else await reply.code(204).send();
    }
  }
  return MetadataController;
}
