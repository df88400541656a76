type Headers = Readonly<Record<string, unknown>>;

const DEFAULT_HEADERS = ['host', 'user-agent', 'content-type', 'accept', 'x-request-id', 'traceparent'];

/** The allow-list of headers that a policy sees: the default ones and those named; lower case. */
export function allowedHeaders(named: readonly string[] = []): readonly string[] {
  return [...new Set([...DEFAULT_HEADERS, ...named.map((name) => name.toLowerCase())])];
}

/** Copies the allowed headers that are there. */
export function pickHeaders(headers: Headers, allowed: readonly string[]): Record<string, unknown> {
  const picked: Record<string, unknown> = {};
  for (const name of allowed) {
    const value = headers[name];
    if (value !== undefined) picked[name] = value;
  }
  return picked;
}

/**
 * A header's name in the form that names are compared in: lower case, and `-` for `_`. CGI, WSGI and PHP give
 * `X-User` and `X_User` one name, so whoever may not send the first may not send the second.
 */
export function comparableHeader(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}

/** Tells whether a header's name matches one of the patterns: a name, or a beginning and `*`. */
export function matchesHeader(name: string, patterns: readonly string[]): boolean {
  const comparable = comparableHeader(name);
  return patterns.some((pattern) => {
    const wanted = comparableHeader(pattern);
    return wanted.endsWith('*') ? comparable.startsWith(wanted.slice(0, -1)) : comparable === wanted;
  });
}
