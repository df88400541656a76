import type { ExecutionContext } from '@nestjs/common';
import type { MessageCarrier } from '../adapter.js';

/** The headers of NATS: a list of values by name. */
interface NatsHeaders {
  get(name: string): string;
}

/** Nest's contexts that give headers: of NATS, and of RabbitMQ and Kafka. */
interface RpcContext {
  getHeaders?(): NatsHeaders | undefined;
  getMessage?(): { headers?: Headers; properties?: { headers?: Headers } } | undefined;
}
type Headers = Readonly<Record<string, unknown>> | undefined;

const NAMES = ['traceparent', 'tracestate', 'baggage', 'x-request-id'];

/** Returns the headers of a message; `undefined` on transports whose messages have none: TCP, Redis and MQTT. */
export function rpcCarrier(context: ExecutionContext): MessageCarrier | undefined {
  const rpc = context.switchToRpc().getContext<RpcContext | undefined>();
  const nats = rpc?.getHeaders?.();
  if (nats !== undefined) return { headers: Object.fromEntries(NAMES.map((name) => [name, nats.get(name)])) };
  const { headers, properties } = rpc?.getMessage?.() ?? {};
  const found = headers ?? properties?.headers;
  return found === undefined ? undefined : { headers: found };
}
