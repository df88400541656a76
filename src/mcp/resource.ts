import type { FastifyRequest } from 'fastify';

const METADATA = '.well-known/oauth-protected-resource';

/** Where the metadata of all MCP servers lie, without a slash in front. */
export const METADATA_PATH = `${METADATA}/mcp`;

const originOf = ({ protocol, host }: FastifyRequest): string => `${protocol}://${host}`;

/** The URL that stands for an MCP server, as the client has written its origin. */
export const resourceUrl = (request: FastifyRequest, name: string): string =>
  `${originOf(request)}/mcp/${name}`;

/** Where the metadata of an MCP server lie. */
export const metadataUrl = (request: FastifyRequest, name: string): string =>
  `${originOf(request)}/${METADATA_PATH}/${name}`;
