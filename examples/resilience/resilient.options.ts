import type { ExecutionContext } from '@nestjs/common';
import type { OpaModuleOptions } from 'nestjs-opa';

interface Request {
  readonly method: string;
  readonly url: string;
  readonly params: Readonly<Record<string, string>>;
  readonly user?: unknown;
}

/** The input is the cache key. It must not hold values that differ in each request, such as a request id. */
const shape = (context: ExecutionContext) => {
  const { method, url, params, user = { type: 'anonymous' } } = context.switchToHttp().getRequest<Request>();
  return { subject: user, request: { method, path: url, params } };
};

/** Queries the OPAs in this order, and caches decisions. While no OPA responds, expired decisions stay in use for longer. */
export const resilient = (url: readonly string[]): OpaModuleOptions => ({
  url,
  input: { shape },
  cache: { max: 10_000, allowTtl: 60_000, denyTtl: 1_000, staleTtl: 600_000 },
  onUnavailable: 'stale',
});
