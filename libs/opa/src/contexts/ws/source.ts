import type { ExecutionContext } from '@nestjs/common';
import { parse } from 'node:querystring';
import type { InputSource, SourceOptions } from '../../input/index.js';
import { callSource, pathOf, peerAddress, pickHeaders, targetOf } from '../../input/index.js';
import type { WsClient } from './client.js';
import { wsClient } from './client.js';

/**
 * Describes a message of a WebSocket client. `request` holds its `event` and `data`, and on socket.io the `namespace`. It
 * holds the `handshake` if the client has one (see {@link WsClient}): `path`, `query`, `address` and the allowed `headers`.
 * The subject is the client's `user`, else its `data.user`, else the user of the request that opened the connection.
 */
export function wsSource(context: ExecutionContext, options: SourceOptions): InputSource {
  const { headers } = options;
  const ws = context.switchToWs();
  const client = wsClient(context);
  const pattern: unknown = ws.getPattern();
  const event = typeof pattern === 'string' ? pattern : JSON.stringify(pattern);
  const address = peerAddress(client.handshake?.address ?? client.request?.socket?.remoteAddress);
  return callSource(
    'ws',
    {
      user: client.user ?? client.data?.user ?? client.request?.user,
      action: 'message',
      resource: { type: 'event', id: event },
      request: {
        event,
        data: ws.getData<unknown>(),
        ...(client.nsp !== undefined && { namespace: client.nsp.name }),
        ...handshakeOf(client, address, headers),
      },
      http: client.request,
      ip: address,
    },
    options,
  );
}

function handshakeOf(
  { request }: WsClient,
  address: string | undefined,
  headers: readonly string[],
): { handshake?: object } {
  if (request === undefined) return {};
  const query = parse(targetOf(request).slice(pathOf(request).length + 1));
  return {
    handshake: {
      path: pathOf(request),
      query: { ...query },
      headers: pickHeaders(request.headers, headers),
      ...(address !== undefined && { address }),
    },
  };
}
