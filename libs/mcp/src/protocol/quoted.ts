const MAX_NAME = 200;

/** Quotes a text of a client or server for a log line: at most 200 characters, and control characters as escapes. */
export const quoted = (text: string): string =>
  JSON.stringify(text.length > MAX_NAME ? `${text.slice(0, MAX_NAME)}…` : text);
