import type { ApplicationConfig, HttpAdapterHost } from '@nestjs/core';
import { guardChain, isOpaGuard } from '../../guard/index.js';
import type { ChainedGuard } from '../../guard/index.js';
import type { Handler } from './handlers.js';

/** Whether an OpaGuard runs before a handler, and what to know about it. */
export interface Coverage {
  readonly covered: boolean;
  readonly note?: string;
  /** The guards that surely run, in their order. */
  readonly guards: readonly ChainedGuard[];
}

/** Knows which handlers the application's guards reach. */
export class GuardCoverage {
  constructor(
    private readonly config: ApplicationConfig,
    private readonly host: HttpAdapterHost | undefined,
  ) {}

  of({ kind, controller, method }: Handler): Coverage {
    const chain = guardChain(this.config, controller, method);
    const note = this.outOfReach(kind);
    const guards = note === undefined ? chain : chain.filter(({ place }) => place !== 'global');
    if (guards.some(({ guard }) => isOpaGuard(guard))) return { covered: true, guards };
    const isMissed = note !== undefined && chain.some(({ guard }) => isOpaGuard(guard));
    return { covered: false, guards, ...(isMissed && { note }) };
  }

  private outOfReach(kind: Handler['kind']): string | undefined {
    if (kind === 'ws' && !reachesGateways(this.config)) {
      return 'the global OpaGuard does not reach WebSocket gateways before Nest 12: add @UseGuards(OpaGuard)';
    }
    const connected = kind === 'rpc' || kind === 'grpc' || kind === 'mcp';
    if (connected && this.host?.httpAdapter !== undefined) {
      return 'the global OpaGuard reaches a connected microservice only with { inheritAppConfig: true }: to be sure, add @UseGuards(OpaGuard)';
    }
    return undefined;
  }
}

/** Tells whether global guards and interceptors run around the handlers of WebSocket gateways. */
export function reachesGateways(config: ApplicationConfig): boolean {
  // Nest 12 brought these hooks with them; it tells its version nowhere.
  return 'getGlobalPreRequestHooks' in config;
}
