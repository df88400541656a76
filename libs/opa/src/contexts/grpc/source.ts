import type { ExecutionContext } from '@nestjs/common';
import type { InputSource, SourceOptions } from '../../input/index.js';
import type { GrpcMetadata } from './call.js';
import { grpcCall } from './call.js';
import { callSource, peerAddress } from '../../input/index.js';

/**
 * Describes a gRPC call. `request` holds `service`, `method`, `path`, the allowed `metadata`, and the client's `data`
 * unless the client sends a stream. The subject is the `user` that a guard has set on the call.
 */
export function grpcSource(context: ExecutionContext, options: SourceOptions): InputSource {
  const { headers } = options;
  const call = grpcCall(context);
  const path = call.getPath();
  const [service, method] = path.slice(1).split('/', 2);
  return callSource(
    'grpc',
    {
      user: call.user,
      action: 'call',
      resource: { type: 'rpc', id: path.slice(1) },
      request: {
        service,
        method,
        path,
        data: call.request,
        metadata: visibleMetadata(call.metadata, headers),
      },
      ip: peerAddress(/^(?:ipv[46]:)?\[?(.+?)\]?:\d+$/.exec(call.getPeer())?.[1]),
    },
    options,
  );
}

/** A key with several values becomes a list, because a handler may read any of them. Bytes become Base64. */
function visibleMetadata(metadata: GrpcMetadata, allowed: readonly string[]): Record<string, unknown> {
  const picked: Record<string, unknown> = {};
  for (const name of allowed) {
    const values = metadata
      .get(name)
      .map((value) => (typeof value === 'string' ? value : value.toString('base64')));
    if (values.length > 0) picked[name] = values.length === 1 ? values[0] : values;
  }
  return picked;
}
