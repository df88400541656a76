import type { ExecutionContext, Type } from '@nestjs/common';
import { createParamDecorator } from '@nestjs/common';
import type { Decision } from '../contracts/index.js';
import { assertMilliseconds, assertPolicyPath, OpaError } from '../contracts/index.js';
import { findRecordForParameter } from '../contexts/index.js';
import type { InputFunction, OpaInputProvider } from '../input/index.js';
import type { OpaPolicyOptions } from './declaration.js';
import { declarationWith, declare, declareInput } from './declaration.js';

const OPTIONS = new Set(['response', 'combine', 'inherit', 'mode', 'instance', 'timeout']);

/**
 * Names the policy that decides about a handler, or about all handlers of a class. A declaration on a handler replaces
 * that of its class, unless it sets `inherit`.
 *
 * @param path - a policy path below `data`, such as `orders/read`, or a list of paths: see `combine`
 * @throws OpaError `OPA_BAD_OPTIONS` when a path or the timeout is not valid, or when an option does not exist
 * @example
 * ```ts
 * import { Controller, Delete, Get, Param, UseGuards, UseInterceptors } from '@nestjs/common';
 * import { OpaGuard, OpaInterceptor, OpaPolicy } from 'nestjs-opa';
 *
 * @Controller('orders')
 * @UseGuards(OpaGuard)
 * export class OrdersController {
 *   @Get(':id')
 *   @OpaPolicy('orders/read', { response: 'orders/view' })
 *   @UseInterceptors(OpaInterceptor)
 *   read(@Param('id') id: string) {
 *     return { id };
 *   }
 *
 *   @Delete(':id')
 *   @OpaPolicy(['orders/admin', 'orders/owner'], { combine: 'any' })
 *   remove(@Param('id') id: string) {}
 * }
 * ```
 */
export function OpaPolicy(
  path: string | readonly string[],
  options: OpaPolicyOptions = {},
): ClassDecorator & MethodDecorator {
  const policies = [path].flat();
  const unknown = Object.keys(options).find((name) => !OPTIONS.has(name));
  if (unknown !== undefined)
    throw new OpaError(
      'OPA_BAD_OPTIONS',
      `@OpaPolicy has no option "${unknown}". Its options are ${[...OPTIONS].join(', ')}.`,
    );
  if (policies.length === 0)
    throw new OpaError(
      'OPA_BAD_OPTIONS',
      '@OpaPolicy: the list of policies is empty. Name a policy, or use @OpaPublic.',
    );
  for (const policy of policies) assertPolicyPath(policy, '@OpaPolicy');
  if (options.response !== undefined) assertPolicyPath(options.response, '@OpaPolicy, option "response"');
  if (options.timeout !== undefined) assertMilliseconds(options.timeout, '@OpaPolicy, option "timeout"');
  return declare(declarationWith(policies, options));
}

/**
 * Lets every request pass: OpaGuard evaluates no policy for the handler or class.
 *
 * @example
 * ```ts
 * import { Controller, Get } from '@nestjs/common';
 * import { OpaPublic } from 'nestjs-opa';
 *
 * @Controller('health')
 * export class HealthController {
 *   @Get()
 *   @OpaPublic()
 *   health() {
 *     return 'ok';
 *   }
 * }
 * ```
 */
export function OpaPublic(): ClassDecorator & MethodDecorator {
  return declare(declarationWith([]));
}

/**
 * Declares that a handler, or each handler of a class, queries OPA in its own code, such as by `OpaService.enforce`. OpaGuard
 * lets every request pass, and the start-up audit reports the status `decides`.
 *
 * @param policies - the policies that the code evaluates, for the audit and `verifyPolicies`
 * @throws OpaError `OPA_BAD_OPTIONS` when a path is not valid
 * @example
 * ```ts
 * import { Body, Controller, Param, Put } from '@nestjs/common';
 * import { OpaDecides, OpaService } from 'nestjs-opa';
 *
 * @Controller('orders')
 * export class OrdersController {
 *   constructor(private readonly opa: OpaService) {}
 *
 *   @Put(':id')
 *   @OpaDecides('orders/update')
 *   async update(@Param('id') id: string, @Body() changes: object) {
 *     await this.opa.enforce({ policy: 'orders/update', input: { id, changes } });
 *     return { id, ...changes };
 *   }
 * }
 * ```
 */
export function OpaDecides(...policies: string[]): ClassDecorator & MethodDecorator {
  for (const policy of policies) assertPolicyPath(policy, '@OpaDecides');
  return declare({ ...declarationWith([]), inCode: policies });
}

/**
 * Adds to the input of the decisions about a handler, or about all handlers of a class. The library merges the result over
 * the top level of the input. It calls the function of the class first, then that of the handler.
 *
 * @param source - a function of the context and the input built so far, or the class of an `OpaInputProvider`
 * @throws OpaError `OPA_BAD_OPTIONS` for a class without a method `build`
 * @example
 * ```ts
 * import { Controller, Get } from '@nestjs/common';
 * import type { Request } from 'express';
 * import { OpaInput, OpaPolicy } from 'nestjs-opa';
 *
 * @Controller('orders')
 * export class OrdersController {
 *   @Get(':id')
 *   @OpaPolicy('orders/read')
 *   @OpaInput((context) => ({ tenant: context.switchToHttp().getRequest<Request>().hostname }))
 *   read() {}
 * }
 * ```
 */
export function OpaInput(source: InputFunction | Type<OpaInputProvider>): ClassDecorator & MethodDecorator {
  return declareInput(source);
}

/**
 * A parameter decorator: the decision with which OpaGuard allowed the request. It is `undefined` on a public route.
 *
 * @example
 * ```ts
 * import { Controller, Get } from '@nestjs/common';
 * import { OpaDecision, OpaPolicy } from 'nestjs-opa';
 * import type { Decision } from 'nestjs-opa';
 *
 * @Controller('orders')
 * export class OrdersController {
 *   @Get(':id')
 *   @OpaPolicy('orders/read')
 *   read(@OpaDecision() decision: Decision | undefined) {
 *     return decision?.result;
 *   }
 * }
 * ```
 */
export const OpaDecision: () => ParameterDecorator = createParamDecorator(
  (_: unknown, context: ExecutionContext): Decision | undefined => findRecordForParameter(context)?.allowed,
);
