import type { IncomingHttpHeaders } from 'node:http';
import { matchesHeader } from 'nestjs-opa/internal';
import { PROXY_HEADERS, REQUEST_OVERRIDES } from './header-names.js';

const UNTRUSTED = [...REQUEST_OVERRIDES, ...PROXY_HEADERS];
// CGI, WSGI and PHP read `_` in a name as `-`. Some servers read every other special character as `-`.
const AMBIGUOUS = /[^a-z0-9-]/;

/**
 * Removes untrusted headers from a client's request. With such a header the upstream could see another request or
 * another client than the policy. Neither the policy nor the upstream receives them.
 *
 * @param isKept - whether an untrusted header stays; receives the name in lower case
 */
export function removeUntrusted(headers: IncomingHttpHeaders, isKept: (name: string) => boolean): void {
  for (const name of Object.keys(headers)) {
    const isUntrusted = AMBIGUOUS.test(name) || matchesHeader(name, UNTRUSTED);
    if (isUntrusted && !isKept(name)) Reflect.deleteProperty(headers, name);
  }
}
