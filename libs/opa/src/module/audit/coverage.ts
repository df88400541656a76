import type { Type } from '@nestjs/common';
import type { ApplicationConfig, HttpAdapterHost } from '@nestjs/core';
import { OpaGuard } from '../../guard/index.js';
import type { Handler } from './handlers.js';

const GUARDS = '__guards__';

/** Whether an OpaGuard runs before a handler, and what to know about it. */
export interface Coverage {
  readonly covered: boolean;
  readonly note?: string;
}

/** Knows which handlers the application's guards reach. */
export class GuardCoverage {
  private readonly global: boolean;

  constructor(
    private readonly config: ApplicationConfig,
    private readonly host: HttpAdapterHost | undefined,
  ) {
    this.global = config.getGlobalGuards().some(isOpaGuard);
  }

  of({ kind, controller, method }: Handler): Coverage {
    const own = [method, controller].some((on) => isGuarded(on));
    if (own) return { covered: true };
    if (!this.global) return { covered: false };
    const note = this.outOfReach(kind);
    return note === undefined ? { covered: true } : { covered: false, note };
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

function isGuarded(on: Type | Handler['method']): boolean {
  const guards = Reflect.getMetadata(GUARDS, on) as unknown[] | undefined;
  return guards?.some(isOpaGuard) ?? false;
}

function isOpaGuard(guard: unknown): boolean {
  if (guard instanceof OpaGuard || guard === OpaGuard) return true;
  return typeof guard === 'function' && guard.prototype instanceof OpaGuard;
}

// Nest 12 brought these hooks, and global guards for gateways; it tells its version nowhere.
function reachesGateways(config: ApplicationConfig): boolean {
  return 'getGlobalPreRequestHooks' in config;
}
