/**
 * Text as a message may show it: if it is a URL, even a malformed one, then without a credential.
 *
 * @remarks What stands in front of an `@` goes, for without a scheme a user and password stand there too, and so does a
 * query or fragment. Where an `@` comes after `?` or `#`, either may be part of a password: all goes.
 */
export function withoutCredential(text: string): string {
  return text.replace(/^([\w+.-]+:\/\/)?(?:.*[?#].*@.*|.*@)/s, '$1…@').replace(/([?#]).+/s, '$1…');
}
