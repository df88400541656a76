import type { ExecutionContext, Type } from '@nestjs/common';
import type { OpaService } from '../decision/index.js';
import type { Declaration } from '../decorators/index.js';
import { declarationOf, inputsOf } from '../decorators/index.js';
import type { Input, InputBuilder } from '../input/index.js';

/** How one module instance enforces decisions. */
export interface EnforcementSettings {
  /** The policy of handlers that name none. */
  readonly policy?: string | undefined;
  readonly mode: 'enforce' | 'permissive' | 'disabled';
  readonly unguarded: 'deny' | 'allow';
  /** Patterns of headers that only a policy may set; lower case. */
  readonly policyHeaders: readonly string[];
}

/** One module instance as its guard and interceptor see it. */
export class OpaEnforcement {
  constructor(
    readonly service: OpaService,
    readonly inputs: InputBuilder,
    readonly settings: EnforcementSettings,
  ) {}

  /** Builds the input of a handler's decision; disabled, nobody reads it. */
  input(context: ExecutionContext): Promise<Input> {
    if (this.settings.mode === 'disabled') return Promise.resolve({});
    return this.inputs.build(context, inputsOf(context.getHandler(), context.getClass()));
  }
}

/** What the handler of a context declares. */
export function declared(context: ExecutionContext): Declaration | undefined {
  return declarationOf(context.getHandler(), context.getClass<Type>());
}
