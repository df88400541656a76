/** The part of a request target after `/api/{name}`, unchanged. */
export interface UpstreamTarget {
  /** The path for the policy and, below the base path, for the upstream. At least `/`. */
  readonly path: string;
  /** The query with its `?`; an empty text without a query. */
  readonly query: string;
}

/** Removes `/api/{name}` from a request target. All other bytes stay the same. */
export function upstreamTarget(url: string): UpstreamTarget {
  const start = url.indexOf('?');
  const path = start < 0 ? url : url.slice(0, start);
  const below = path.split('/').slice(3).join('/');
  return { path: `/${below}`, query: start < 0 ? '' : url.slice(start) };
}
