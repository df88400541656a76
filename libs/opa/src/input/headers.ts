type Headers = Readonly<Record<string, unknown>>;

const DEFAULT_HEADERS = ['host', 'user-agent', 'content-type', 'accept', 'x-request-id', 'traceparent'];

/**
 * Lists the request headers that a policy sees, in lower case: the default ones and additional ones.
 *
 * @param additional - the headers of option `input.headers`
 */
export function allowedHeaders(additional: readonly string[] = []): readonly string[] {
  return [...new Set([...DEFAULT_HEADERS, ...additional.map((name) => name.toLowerCase())])];
}

/** Copies the allowed headers that the request has. */
export function pickHeaders(headers: Headers, allowed: readonly string[]): Record<string, unknown> {
  const picked: Record<string, unknown> = {};
  for (const name of allowed) {
    const value = headers[name];
    if (value !== undefined) picked[name] = value;
  }
  return picked;
}

/**
 * Normalizes a header's name for comparison: lower case, and `-` in place of each character that is neither a letter
 * nor a digit.
 *
 * @remarks CGI, WSGI and PHP give `X-User` and `X_User` the same name, and lighttpd also `X.User`. A client that may not
 * send the first spelling may not send the others.
 */
export function comparableHeader(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '-');
}

/** Tells whether a header's name matches one of the patterns. A pattern is a name, or a prefix followed by `*`. */
export function matchesHeader(name: string, patterns: readonly string[]): boolean {
  const comparable = comparableHeader(name);
  return patterns.some((pattern) => {
    const isPrefix = pattern.endsWith('*');
    const expected = comparableHeader(isPrefix ? pattern.slice(0, -1) : pattern);
    return isPrefix ? comparable.startsWith(expected) : comparable === expected;
  });
}
