import { BadGatewayException, Controller, Get, Header, HttpCode, Logger, Options, Req } from '@nestjs/common';
import type { Type } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { OpaPublic } from 'nestjs-opa';
import { messageOf } from 'nestjs-opa/internal';
import { DOCUMENTS, IssuerMetadata } from './issuer-metadata.js';

/**
 * The paths at which clients look for an issuer's metadata on a resource's origin: at the origin, for the path of the
 * resource (RFC 8414, 3.1), and below the path of the resource (OpenID Connect Discovery 1.0, 4).
 *
 * @param resources - the paths of the resources, as clients and as the gateway see them
 */
export function metadataPaths(resources: readonly string[]): string[] {
  const paths = DOCUMENTS.flatMap((name) => {
    const suffix = `/.well-known/${name}`;
    return [suffix, ...resources.flatMap((path) => [suffix + path, path + suffix])];
  });
  return [...new Set(paths)];
}

/**
 * Creates the controller that serves the issuer's metadata at the gateway's origin. Every client and every page may read
 * the metadata.
 *
 * @param issuer - the issuer's URL
 * @param paths - see {@link metadataPaths}
 */
export function issuerMetadataController(issuer: string, paths: string[]): Type {
  const metadata = new IssuerMetadata(issuer);

  @Controller()
  @OpaPublic()
  class IssuerMetadataController {
    private readonly logger = new Logger('Auth');

    @Get(paths)
    @Header('access-control-allow-origin', '*')
    @Header('cache-control', 'public, max-age=60')
    async read(@Req() { url }: FastifyRequest): Promise<object> {
      const name = DOCUMENTS.find((document) => url.includes(document)) ?? DOCUMENTS[0];
      try {
        return await metadata.get(name);
      } catch (error) {
        this.logger.error(`The issuer's metadata are not available: ${messageOf(error)}`);
        throw new BadGatewayException("The issuer's metadata are not available");
      }
    }

    /** Answers the preflight of a page, which sends `MCP-Protocol-Version`. */
    @Options(paths)
    @HttpCode(204)
    @Header('access-control-allow-origin', '*')
    @Header('access-control-allow-methods', 'GET')
    @Header('access-control-allow-headers', '*')
    preflight(): void {
      // The headers are the whole response.
    }
  }
  return IssuerMetadataController;
}
