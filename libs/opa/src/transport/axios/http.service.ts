import { HttpService } from '@nestjs/axios';
import type { AxiosInstance, AxiosRequestConfig } from 'axios';
import type { Agents } from '../agents.js';
import { leanAdapter } from './lean-adapter.js';

/**
 * The pooled HttpService that decisions travel on: keep-alive agents, no proxy, no redirects.
 *
 * @remarks Its defaults hold no base URL, no token and no TLS identity, so that another use of it leaks nothing.
 * Interceptors registered on its `axiosRef` see every decision request; without any, decisions skip axios. They may
 * change headers and data, and shorten `timeout`, which is what is left of the decision's; a changed target (`url`,
 * `method`, `params`, `auth`) is `OPA_BAD_INPUT`. A replaced adapter is honoured. Whatever else is set in its defaults
 * later is not part of a decision.
 */
export class OpaHttpService extends HttpService {}

/** What the service's requests begin with. */
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

/** Counts the interceptors that are registered on an axios instance. */
export function hasInterceptors(instance: AxiosInstance): boolean {
  let some = false;
  for (const manager of [instance.interceptors.request, instance.interceptors.response]) {
    (manager as unknown as { forEach(visit: () => void): void }).forEach(() => (some = true));
  }
  return some;
}
