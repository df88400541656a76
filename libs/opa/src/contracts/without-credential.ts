/**
 * Removes credentials from a text that may be a URL, even a malformed one, so that a message may show it.
 *
 * @remarks The text before an `@` is removed, because a user and password may stand there even without a scheme. The
 * query and the fragment are removed. An `@` after `?` or `#` may belong to a password: then everything is removed.
 */
export function withoutCredential(text: string): string {
  return text.replace(/^([\w+.-]+:\/\/)?(?:.*[?#].*@.*|.*@)/s, '$1…@').replace(/([?#]).+/s, '$1…');
}
