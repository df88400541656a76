import type { ExecutionContext, Type } from '@nestjs/common';
import type { Input } from './source.js';

/**
 * A function for `@OpaInput`. The library merges its result over the top level of the input.
 *
 * @param input - the input built so far
 * @example
 * ```ts
 * import type { Request } from 'express';
 * import type { InputFunction } from 'nestjs-opa';
 *
 * const tenant: InputFunction = (context) => ({
 *   tenant: context.switchToHttp().getRequest<Request>().headers['x-tenant'],
 * });
 * ```
 */
export type InputFunction = (context: ExecutionContext, input: Input) => object | Promise<object>;

/**
 * A provider that adds to the input of decisions, for `@OpaInput`. It can inject other providers, such as a repository.
 *
 * @example
 * ```ts
 * import { Controller, Get, Injectable } from '@nestjs/common';
 * import type { ExecutionContext } from '@nestjs/common';
 * import type { Request } from 'express';
 * import { OpaInput, OpaPolicy } from 'nestjs-opa';
 * import type { OpaInputProvider } from 'nestjs-opa';
 *
 * @Injectable()
 * export class OrderRepository {
 *   async find(id: string) {
 *     return { id, owner: 'ann' };
 *   }
 * }
 *
 * @Injectable()
 * export class OrderInput implements OpaInputProvider {
 *   constructor(private readonly orders: OrderRepository) {}
 *
 *   async build(context: ExecutionContext): Promise<object> {
 *     const { id } = context.switchToHttp().getRequest<Request<{ id: string }>>().params;
 *     return { order: await this.orders.find(id) };
 *   }
 * }
 *
 * @Controller('orders')
 * export class OrdersController {
 *   @Get(':id')
 *   @OpaPolicy('orders/read')
 *   @OpaInput(OrderInput)
 *   read() {}
 * }
 * ```
 */
export interface OpaInputProvider {
  /**
   * Returns an object. The library merges it over the top level of the input.
   *
   * @param input - the input built so far
   */
  build(context: ExecutionContext, input: Input): object | Promise<object>;
}

/** Tells whether the argument of `@OpaInput` is a class with a method `build`, rather than a function. */
export function isInputProvider(input: object): input is Type<OpaInputProvider> {
  const { prototype } = input as { prototype?: { build?: unknown } };
  return typeof prototype?.build === 'function';
}
