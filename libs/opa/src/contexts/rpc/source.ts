import type { ExecutionContext } from '@nestjs/common';
import { OpaError } from '../../contracts/index.js';
import type { InputSource, SourceOptions } from '../../input/index.js';
import { callSource } from '../../input/index.js';

// The metadata keys that @MessagePattern and @EventPattern set on a handler.
const PATTERNS = 'microservices:pattern';
const HANDLER_TYPE = 'microservices:handler_type';
const EVENT = 2;

/** The methods of Nest's contexts that return the pattern: of TCP and RabbitMQ, of Redis, of NATS, of MQTT and Kafka. */
const PATTERN_GETTERS = ['getPattern', 'getChannel', 'getSubject', 'getTopic'] as const;

type RpcContext = Partial<Record<(typeof PATTERN_GETTERS)[number], () => unknown>> & {
  readonly user?: unknown;
};

/**
 * Describes a message or event of a microservice. `request` holds its `pattern` and `data`. The subject is the `user` that
 * a guard has set on Nest's context (`TcpContext`, …). The library does not trust what a message says about its sender.
 */
export function rpcSource(context: ExecutionContext, options: SourceOptions): InputSource {
  const rpc = context.switchToRpc();
  const rpcContext = rpc.getContext<RpcContext | undefined>() ?? {};
  const handler = context.getHandler();
  const pattern = normalized(receivedPattern(rpcContext) ?? declaredPattern(handler));
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

function receivedPattern(context: RpcContext): unknown {
  const getter = PATTERN_GETTERS.find((name) => typeof context[name] === 'function');
  return getter && context[getter]?.();
}

function declaredPattern(handler: object): unknown {
  const patterns = (Reflect.getMetadata(PATTERNS, handler) ?? []) as unknown[];
  if (patterns.length === 1) return patterns[0];
  throw new OpaError(
    'OPA_BAD_INPUT',
    `The transport does not tell the pattern of a message, and the handler has ${patterns.length} patterns. ` +
      'Give the handler one pattern, or build the input with a function in option "input.shape".',
  );
}

// Nest finds the handler of a JSON string by the parsed value. The policy must see the same value: otherwise a client could
// name one pattern in two ways.
function normalized(pattern: unknown): unknown {
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
