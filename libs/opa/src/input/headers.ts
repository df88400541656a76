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
 * A header's name in the form that names are compared in: lower case, and `-` for what is neither letter nor digit.
 * CGI, WSGI and PHP give `X-User` and `X_User` one name, and lighttpd `X.User` too, so whoever may not send the first
 * may not send the others.
 */
export function comparableHeader(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '-');
}

/** Tells whether a header's name matches one of the patterns: a name, or a beginning and `*`. */
export function matchesHeader(name: string, patterns: readonly string[]): boolean {
  const comparable = comparableHeader(name);
  return patterns.some((pattern) => {
    const isBeginning = pattern.endsWith('*');
    const wanted = comparableHeader(isBeginning ? pattern.slice(0, -1) : pattern);
    return isBeginning ? comparable.startsWith(wanted) : comparable === wanted;
  });
}
