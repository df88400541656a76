import type { Channel, ConsumeMessage } from 'amqplib';
import { connect } from 'amqplib';
import { randomUUID } from 'node:crypto';
import type { OpaModuleOptions, PolicyEngine, RouteReport } from 'nestjs-opa';
import type { ContextDriver, HandlerName, RunningContext, CallResult } from '../driver.js';
import { ChildHost } from './child.js';
import type { TestBroker } from './rabbitmq-broker.js';

const host = new ChildHost('rabbitmq.mjs');
const REPLY_QUEUE = 'amq.rabbitmq.reply-to';

/** Ends the application's process; for `afterAll`. */
export const stopRabbitApplication = (): Promise<void> => host.stop();

/** An application with handlers of RabbitMQ, and a client of the same broker. */
export interface RabbitApplication {
  readonly channel: Channel;
  /** Sends an RPC and waits for its reply. */
  request(routingKey: string, data: unknown, headers?: Record<string, string>): Promise<CallResult>;
  routes(): Promise<RouteReport[]>;
  close(): Promise<void>;
}

/** Starts an application that the test's engine decides. */
export async function startRabbit(
  broker: TestBroker,
  { engine, ...options }: OpaModuleOptions & { engine: PolicyEngine },
  called: (handler: HandlerName | 'mail' | 'batch') => void = () => undefined,
): Promise<RabbitApplication> {
  const app = await host.start(engine, { uri: broker.uri, options }, called);
  const connection = await connect(broker.uri);
  const channel = await connection.createChannel();
  const waiting = new Map<unknown, (reply: ConsumeMessage) => void>();
  const onReply = (reply: ConsumeMessage | null): void => {
    if (reply !== null) waiting.get(reply.properties.correlationId)?.(reply);
  };
  await channel.consume(REPLY_QUEUE, onReply, { noAck: true });
  return {
    channel,
    request: (routingKey, data, headers = {}) =>
      new Promise((resolve) => {
        const correlationId = randomUUID();
        waiting.set(correlationId, ({ content }) => resolve(seenIn(content)));
        channel.publish('orders', routingKey, Buffer.from(JSON.stringify(data)), {
          replyTo: REPLY_QUEUE,
          correlationId,
          headers,
        });
      }),
    routes: async () => (await app.ask('routes')) as RouteReport[],
    close: async () => {
      await connection.close();
      await app.close();
    },
  };
}

function seenIn(content: Buffer): CallResult {
  const reply: unknown = JSON.parse(content.toString());
  const { status, code, message, reasons, decisionId, retryAfter, ...rest } = Object(reply) as Partial<
    Record<string, unknown>
  >;
  if (status !== 'error') return { result: reply };
  return {
    error: {
      code: String(code),
      message: String(message),
      reasons: reasons as string[] | undefined,
      decisionId: decisionId as string | undefined,
      retryAfter: retryAfter as number | undefined,
      rest,
    },
  };
}

/** Messages over RabbitMQ; a row asks for the broker when it starts. */
export const rabbitDriver = (broker: () => TestBroker): ContextDriver => ({
  name: 'RabbitMQ, @golevelup/nestjs-rabbitmq',
  column: 'rpc',
  isOwnProcess: true,
  input: {
    subject: { type: 'anonymous' },
    action: { name: 'message' },
    resource: { type: 'routing-key', id: 'orders/orders.read' },
    context: {},
    request: { exchange: 'orders', routingKey: 'orders.read', data: { id: '7' }, headers: {} },
  },
  start: async (_opa, called, options): Promise<RunningContext> => {
    const app = await startRabbit(
      broker(),
      options as OpaModuleOptions & { engine: PolicyEngine },
      called as (handler: string) => void,
    );
    return { call: (handler, id) => app.request(`orders.${handler}`, { id }), close: app.close };
  },
});
