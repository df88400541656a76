import type { ExecutionContext } from '@nestjs/common';
import { OpaError } from '../../contracts/index.js';
import type { InputSource, SourceOptions } from '../../input/index.js';
import { callSource } from '../../input/index.js';

// What @MessagePattern and @EventPattern leave at a handler.
const PATTERNS = 'microservices:pattern';
const HANDLER_TYPE = 'microservices:handler_type';
const EVENT = 2;

/** How the contexts of Nest's transports tell the pattern: TCP and RabbitMQ, Redis, NATS, MQTT and Kafka. */
const TELLS_PATTERN = ['getPattern', 'getChannel', 'getSubject', 'getTopic'] as const;

type RpcContext = Partial<Record<(typeof TELLS_PATTERN)[number], () => unknown>> & {
  readonly user?: unknown;
};

/**
 * A message or event of a microservice: `request` holds its `pattern` and `data`. The subject is the `user` of Nest's
 * context (`TcpContext`, …), where a guard has put one; what the message itself says of its sender isn't believed.
 */
export function rpcSource(context: ExecutionContext, options: SourceOptions): InputSource {
  const rpc = context.switchToRpc();
  const rpcContext = rpc.getContext<RpcContext | undefined>() ?? {};
  const handler = context.getHandler();
  const pattern = matched(told(rpcContext) ?? declared(handler));
  return callSource(
    'rpc',
    {
      user: rpcContext.user,
      action: Reflect.getMetadata(HANDLER_TYPE, handler) === EVENT ? 'event' : 'message',
      resource: { type: 'pattern', id: typeof pattern === 'string' ? pattern : stableJson(pattern) },
      request: { pattern, data: rpc.getData<unknown>() },
    },
    options,
  );
}

function told(context: RpcContext): unknown {
  const name = TELLS_PATTERN.find((one) => typeof context[one] === 'function');
  return name && context[name]?.();
}

function declared(handler: object): unknown {
  const patterns = (Reflect.getMetadata(PATTERNS, handler) ?? []) as unknown[];
  if (patterns.length === 1) return patterns[0];
  throw new OpaError(
    'OPA_BAD_INPUT',
    `A transport doesn't tell the pattern of its messages, and their handler has ${patterns.length} of them. ` +
      'Give it one pattern, or build the input with a function in option "input.shape".',
  );
}

// As Nest finds the handler: a text that is JSON stands for its value, so that a client can't give one pattern two names.
function matched(pattern: unknown): unknown {
  if (typeof pattern !== 'string') return pattern;
  try {
    const value: unknown = JSON.parse(pattern);
    return typeof value === 'object' && value !== null ? value : String(value);
  } catch {
    return pattern;
  }
}

function stableJson(pattern: unknown): string {
  return JSON.stringify(pattern, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
