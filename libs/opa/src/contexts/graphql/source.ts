import type { ExecutionContext } from '@nestjs/common';
import type { InputSource, SourceOptions } from '../../input/index.js';
import type { GraphqlPath } from './call.js';
import { graphqlCall, graphqlRequest, graphqlUser } from './call.js';
import { callSource, pickHeaders } from '../../input/index.js';
import { peerAddress } from '../../input/index.js';

/**
 * A field of a GraphQL operation: `request` holds the `operation` (`query`, `mutation` or `subscription`), its
 * `operationName` if it has one, the `field`, its `args`, its `path` and the allowed `headers` of the HTTP request,
 * where there is one. The subject is that request's user, else the connection's, else the GraphQL context's.
 *
 * @remarks The path is that of response keys, aliases as the client gave them, without the indices of lists: a field
 * asks the same question for every item.
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
