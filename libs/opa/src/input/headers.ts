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

/** Tells whether a header's name matches one of the patterns: a name, or a beginning and `*`. */
export function matchesHeader(name: string, patterns: readonly string[]): boolean {
  const given = name.toLowerCase();
  return patterns.some((pattern) => {
    const lower = pattern.toLowerCase();
    return lower.endsWith('*') ? given.startsWith(lower.slice(0, -1)) : given === lower;
  });
}
