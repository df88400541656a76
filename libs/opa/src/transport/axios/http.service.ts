import { HttpService } from '@nestjs/axios';
import type { AxiosInstance, AxiosRequestConfig } from 'axios';
import type { Agents } from '../agents.js';
import { leanAdapter } from './lean-adapter.js';

/**
 * The pooled HttpService that sends decisions: keep-alive agents, no proxy, no redirects.
 *
 * @remarks Its defaults hold no base URL, no token and no TLS identity, so that other uses of it leak nothing.
 * Interceptors on its `axiosRef` see every request of a decision; without an interceptor, decisions skip axios. An
 * interceptor may change headers and data, and may shorten `timeout`, which is the remaining time of the decision. A
 * changed target (`url`, `method`, `params`, `auth`) fails with `OPA_BAD_INPUT`. A replaced adapter is used. Later
 * changes of other defaults do not affect decisions.
 * @example
 * ```ts
 * import { Injectable } from '@nestjs/common';
 * import { OpaHttpService } from 'nestjs-opa';
 *
 * @Injectable()
 * export class Tracing {
 *   constructor(http: OpaHttpService) {
 *     http.axiosRef.interceptors.request.use((config) => {
 *       config.headers.set('traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');
 *       return config;
 *     });
 *   }
 * }
 * ```
 */
export class OpaHttpService extends HttpService {}

/** The axios defaults of the service. */
export function httpDefaults(agents: Agents, timeout: number, isClosed: () => boolean): AxiosRequestConfig {
  return {
    adapter: leanAdapter(isClosed),
    httpAgent: agents.http,
    httpsAgent: agents.https,
    maxRedirects: 0,
    proxy: false,
    timeout,
  };
}

/** Tells whether an axios instance has an interceptor. */
export function hasInterceptors(instance: AxiosInstance): boolean {
  let some = false;
  for (const manager of [instance.interceptors.request, instance.interceptors.response]) {
    (manager as unknown as { forEach(visit: () => void): void }).forEach(() => (some = true));
  }
  return some;
}
