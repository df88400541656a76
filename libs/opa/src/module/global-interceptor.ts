import type { NestInterceptor } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import { OpaError } from '../contracts/index.js';
import type { OpaModuleOptions } from './options.js';

/**
 * Registers OpaInterceptor for all handlers, outside every other interceptor, when option "interceptor" is `'global'`.
 *
 * @remarks The module calls this function while Nest creates the providers. Nest adds the interceptors of
 * `APP_INTERCEPTOR` after it has created all providers. The application adds its global interceptors after that.
 * OpaInterceptor is therefore the first interceptor.
 * @param interceptor - `undefined` for a named instance, which provides no OpaInterceptor
 * @throws OpaError `OPA_BAD_OPTIONS` when a named instance has the option
 */
export function registerGlobally(
  { interceptor: where }: Pick<OpaModuleOptions, 'interceptor'>,
  config: ApplicationConfig,
  interceptor: NestInterceptor | undefined,
): void {
  if (where === undefined) return;
  if (interceptor !== undefined) return config.addGlobalInterceptor(interceptor);
  throw new OpaError(
    'OPA_BAD_OPTIONS',
    'OpaModule: option "interceptor" was given to a named instance. Give it to the unnamed instance, ' +
      'whose interceptor serves the handlers of all instances.',
  );
}
