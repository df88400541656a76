import { NestFactory } from '@nestjs/core';
import type { AxiosInstance } from 'axios';
import type { Decision, OpaModuleOptions } from 'nestjs-opa';
import { OpaError, OpaHttpService, OpaModule, OpaService } from 'nestjs-opa';
import { closing } from '../resilience/support.js';

/** What a decision came to: what stood in for it, its outcome, or the code of its error. */
export const ends = (decision: Promise<Decision>): Promise<unknown> =>
  decision.then(
    ({ degraded, outcome }) => degraded ?? outcome,
    (error: unknown) => (error instanceof OpaError ? error.code : error),
  );

/** Starts the module without retries; gives its service, and the axios that an interceptor or adapter is set on. */
export async function pooled(
  options: OpaModuleOptions,
): Promise<{ opa: OpaService; axiosRef: AxiosInstance }> {
  const opened = OpaModule.forRoot({ policy: 'a/b', timeout: 10_000, retry: false, ...options });
  const module = { module: class App {}, imports: [opened] };
  const app = closing(await NestFactory.createApplicationContext(module, { logger: false }));
  return { opa: app.get(OpaService), axiosRef: app.get(OpaHttpService).axiosRef };
}
