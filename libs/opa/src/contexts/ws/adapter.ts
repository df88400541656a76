import type { ContextAdapter } from '../adapter.js';
import { byArguments } from '../call-arguments.js';
import { wsAudit } from './audit.js';
import { wsPoint } from './point.js';
import { wsResults } from './results.js';
import { wsSource } from './source.js';

/** Messages to WebSocket gateways, on `ws` and socket.io. */
export const wsAdapter: ContextAdapter = {
  ...byArguments,
  matches: (context) => context.getType() === 'ws',
  source: wsSource,
  routeLabel: () => undefined,
  // A connection has a handshake, but its messages carry no headers.
  carrier: () => undefined,
  point: wsPoint,
  results: wsResults,
  audit: wsAudit,
};
