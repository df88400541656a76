const SAFELISTED = new Set(['accept', 'accept-language', 'content-language']);
const READABLE =
  /^(cache-control|content-language|content-length|content-type|expires|last-modified|pragma)$/;

/** Sends a request as a browser does for a page: with a preflight, and without the headers that the page may not read. */
export function browserFetch(origin: string): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const names = [...request.headers.keys()].filter((name) => !SAFELISTED.has(name));
    if (names.length > 0 || !/^(GET|HEAD|POST)$/.test(request.method)) await preflight(request, names);
    request.headers.set('origin', origin);
    const response = await fetch(request);
    shared(response);
    const exposed = listed(response, 'expose-headers');
    const headers = [...response.headers].filter(([name]) => READABLE.test(name) || exposed.includes(name));
    return new Response(response.body, { status: response.status, headers });
  };

  async function preflight({ url, method }: Request, names: readonly string[]): Promise<void> {
    const headers = {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': [...names].sort().join(','),
    };
    const response = await fetch(url, { method: 'OPTIONS', headers });
    shared(response);
    const allowed = listed(response, 'allow-headers');
    const refused = names.filter((name) => !allowed.includes(name));
    if (!response.ok || refused.length > 0) throw new TypeError(`not allowed: ${refused.join()}`);
    if (method !== 'POST' && !listed(response, 'allow-methods').includes(method.toLowerCase()))
      throw new TypeError(`not allowed: ${method}`);
  }

  function shared({ headers, url }: Response): void {
    if (headers.get('access-control-allow-origin') !== origin) throw new TypeError(`not shared: ${url}`);
  }
}

const listed = ({ headers }: Response, name: string): string[] =>
  (headers.get(`access-control-${name}`) ?? '').toLowerCase().split(/\s*,\s*/);
