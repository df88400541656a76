import type { ExecutionContext } from '@nestjs/common';
import type { InputSource, SourceOptions } from '../../input/index.js';
import type { GraphqlPath } from './call.js';
import { graphqlCall, graphqlRequest, graphqlUser } from './call.js';
import { callSource, pickHeaders } from '../../input/index.js';
import { peerAddress } from '../../input/index.js';

/**
 * Describes a field of a GraphQL operation. The subject is the user of the HTTP request, else of the connection, else of
 * the GraphQL context. `request` holds:
 *
 * - `operation`: `query`, `mutation` or `subscription`, and its `operationName` if it has one
 * - `field`, its `args` and its `path`
 * - the allowed `headers` of the HTTP request; an empty object without one
 *
 * @remarks The path lists response keys, which may be the client's aliases. It omits the indices of lists, so that the
 * input of a field is the same for every item.
 */
export function graphqlSource(context: ExecutionContext, options: SourceOptions): InputSource {
  const { headers } = options;
  const { args, info } = graphqlCall(context);
  const { operation, name } = info.operation;
  const http = graphqlRequest(context);
  return callSource(
    'graphql',
    {
      user: graphqlUser(context),
      action: operation,
      resource: { type: 'field', id: `${info.parentType.name}.${info.fieldName}` },
      request: {
        operation,
        ...(name !== undefined && { operationName: name.value }),
        field: info.fieldName,
        args,
        path: keysOf(info.path),
        headers: http === undefined ? {} : pickHeaders(http.headers, headers),
      },
      http,
      ip: peerAddress(http?.ip),
    },
    options,
  );
}

function keysOf(path: GraphqlPath | undefined): string[] {
  const keys: string[] = [];
  for (let at = path; at !== undefined; at = at.prev) if (typeof at.key === 'string') keys.unshift(at.key);
  return keys;
}
