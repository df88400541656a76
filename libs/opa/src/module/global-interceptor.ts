import type { NestInterceptor } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import { OpaError } from '../contracts/index.js';
import type { OpaModuleOptions } from './options.js';

/**
 * Registers the interceptor for all handlers, where the options say so, outside every other one.
 *
 * @remarks Called while Nest makes the providers. Nest adds those of `APP_INTERCEPTOR` when all are made, and an
 * application its own after that, so that this one is the first.
 * @param interceptor - `undefined` for a named instance, which has none of its own
 * @throws OpaError `OPA_BAD_OPTIONS` for a named instance
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
    'OpaModule: option "interceptor" was given to a named instance; give it to the unnamed one, ' +
      'whose interceptor serves the handlers of all instances.',
  );
}
