import { Controller, Get, Req } from '@nestjs/common';
import type { Type } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { OpaPublic } from 'nestjs-opa';
import { METADATA_PATH, resourceUrl } from './resource.js';

/** What a client needs to know to get a token (RFC 9728). */
interface ResourceMetadata {
  readonly resource: string;
  readonly authorization_servers: readonly string[];
  readonly bearer_methods_supported: readonly string[];
}

/** The controller of one MCP server's protected-resource metadata, which everyone may read. */
export function metadataController(name: string, issuer: string): Type {
  @Controller(`${METADATA_PATH}/${name}`)
  @OpaPublic()
  class MetadataController {
    @Get()
    metadata(@Req() request: FastifyRequest): ResourceMetadata {
      return {
        resource: resourceUrl(request, name),
        authorization_servers: [issuer],
        bearer_methods_supported: ['header'],
      };
    }
  }
  return MetadataController;
}
