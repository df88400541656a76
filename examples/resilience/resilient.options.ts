import type { ExecutionContext } from '@nestjs/common';
import type { OpaModuleOptions } from 'nestjs-opa';

interface Request {
  readonly method: string;
  readonly url: string;
  readonly params: Readonly<Record<string, string>>;
  readonly user?: unknown;
}

/** What the policies need to know, and nothing that differs each time, such as a request's id: it is the cache's key. */
const shape = (context: ExecutionContext) => {
  const { method, url, params, user = { type: 'anonymous' } } = context.switchToHttp().getRequest<Request>();
  return { subject: user, request: { method, path: url, params } };
};

/** The module's options: asked in order, remembered for a while, and used for longer when nobody answers. */
export const resilient = (url: readonly string[]): OpaModuleOptions => ({
  url,
  input: { shape },
  cache: { max: 10_000, allowTtl: 60_000, denyTtl: 1_000, staleTtl: 600_000 },
  onUnavailable: 'stale',
});
