import type { ModuleRef } from '@nestjs/core';
import { OpaError, OpaService } from 'nestjs-opa';
import { OpaRuntime } from 'nestjs-opa/internal';

/** The application's instance of OpaModule. Its service decides MCP messages, and its options also apply to MCP. */
export interface OpaInstance {
  readonly service: OpaService;
  readonly runtime: OpaRuntime;
}

/**
 * Finds the application's instance of OpaModule.
 *
 * @throws OpaError `OPA_BAD_OPTIONS` when the application imports none
 */
export function findOpaInstance(modules: ModuleRef): OpaInstance {
  try {
    return {
      service: modules.get(OpaService, { strict: false }),
      runtime: modules.get(OpaRuntime, { strict: false }),
    };
  } catch (cause) {
    throw new OpaError(
      'OPA_BAD_OPTIONS',
      'McpGatewayModule: the application has no OpaModule, which decides about MCP messages. ' +
        "Import OpaModule.forRoot({ url: 'http://127.0.0.1:8181' }), without a name, beside McpGatewayModule.",
      { cause },
    );
  }
}
