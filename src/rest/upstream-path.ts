/** What follows `/api/{name}` in a request's target, as it came. */
export interface UpstreamTarget {
  /** The path that the policy sees and the upstream gets below its base path; at least `/`. */
  readonly path: string;
  /** The query with its `?`, or an empty text. */
  readonly query: string;
}

/** Takes `/api/{name}` off a request's target; the rest stays byte for byte. */
export function upstreamTarget(url: string): UpstreamTarget {
  const start = url.indexOf('?');
  const path = start < 0 ? url : url.slice(0, start);
  const below = path.split('/').slice(3).join('/');
  return { path: `/${below}`, query: start < 0 ? '' : url.slice(start) };
}
