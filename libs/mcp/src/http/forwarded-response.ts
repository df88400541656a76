import type { IncomingHttpHeaders } from 'node:http';
import type { McpCall } from '../protocol/call.js';
import type { UpstreamResponse } from '../upstream/upstream-client.js';
import type { Exchange } from './exchange.js';
import type { Inspector } from './inspector.js';

/** An upstream's response on its way to the client. */
export interface ForwardedResponse {
  readonly exchange: Exchange;
  readonly upstream: UpstreamResponse;
  /** The headers that the client receives. */
  readonly headers: IncomingHttpHeaders;
  readonly inspector: Inspector;
  /** The request that the response belongs to; `undefined` for a notification, GET and DELETE. */
  readonly call: McpCall | undefined;
}
