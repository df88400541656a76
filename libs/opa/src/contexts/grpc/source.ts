import type { ExecutionContext } from '@nestjs/common';
import type { InputSource, SourceOptions } from '../../input/index.js';
import type { GrpcMetadata } from './call.js';
import { grpcCall } from './call.js';
import { callSource, peerAddress } from '../../input/index.js';

/**
 * A gRPC call: `request` holds `service`, `method`, `path`, the client's `data` (none when it sends a stream) and the
 * allowed `metadata`. The subject is the call's `user`, where a guard has put one.
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
      request: { service, method, path, data: call.request, metadata: shown(call.metadata, headers) },
      ip: peerAddress(/^(?:ipv[46]:)?\[?(.+?)\]?:\d+$/.exec(call.getPeer())?.[1]),
    },
    options,
  );
}

/** A key that was sent several times gives a list, for a handler may read any of them; bytes are Base64. */
function shown(metadata: GrpcMetadata, allowed: readonly string[]): Record<string, unknown> {
  const picked: Record<string, unknown> = {};
  for (const name of allowed) {
    const values = metadata
      .get(name)
      .map((value) => (typeof value === 'string' ? value : value.toString('base64')));
    if (values.length > 0) picked[name] = values.length === 1 ? values[0] : values;
  }
  return picked;
}
