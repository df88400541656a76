import { NestFactory } from '@nestjs/core';
import type { AxiosInstance } from 'axios';
import type { Decision, OpaModuleOptions } from 'nestjs-opa';
import { OpaError, OpaHttpService, OpaModule, OpaService } from 'nestjs-opa';
import { closing } from '../resilience/support.js';

/** How a decision ended: `degraded`, otherwise the outcome, otherwise the code of the error. */
export const endOf = (decision: Promise<Decision>): Promise<unknown> =>
  decision.then(
    ({ degraded, outcome }) => degraded ?? outcome,
    (error: unknown) => (error instanceof OpaError ? error.code : error),
  );

/** Starts the module without retries. Returns the service, and the axios instance for interceptors and adapters. */
export async function pooled(
  options: OpaModuleOptions,
): Promise<{ opa: OpaService; axiosRef: AxiosInstance }> {
  const opened = OpaModule.forRoot({ policy: 'a/b', timeout: 10_000, retry: false, ...options });
  const module = { module: class App {}, imports: [opened] };
  const app = closing(await NestFactory.createApplicationContext(module, { logger: false }));
  return { opa: app.get(OpaService), axiosRef: app.get(OpaHttpService).axiosRef };
}
