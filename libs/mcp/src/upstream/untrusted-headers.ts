import type { IncomingHttpHeaders } from 'node:http';
import { matchesHeader } from 'nestjs-opa/internal';

/** Headers that have some frameworks serve another method or path than the request line's. */
const OVERRIDES = [
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-original-*',
  'x-rewrite-url',
];
/** Headers that say who the client is, or whom it asked: a proxy's word, and no proxy in front of the gateway is trusted. */
const PROXYS = [
  'cf-connecting-*',
  'client-ip',
  'fastly-client-ip',
  'forwarded',
  'front-end-https',
  'true-client-ip',
  'x-azure-clientip',
  'x-azure-socketip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-envoy-*',
  'x-forwarded*',
  'x-host',
  'x-originating-ip',
  'x-real-ip',
  'x-remote-addr',
  'x-remote-ip',
];
const UNTRUSTED = [...OVERRIDES, ...PROXYS];
// CGI, WSGI and PHP take _ for the same name with -, and some servers every other such character.
const AMBIGUOUS = /[^a-z0-9-]/;

/**
 * Takes out of a client's headers what could give the upstream another request, or another client, than the policy is
 * told of. Neither gets them.
 *
 * @param isKept - says which of them pass all the same, by name in lower case
 */
export function removeUntrusted(headers: IncomingHttpHeaders, isKept: (name: string) => boolean): void {
  for (const name of Object.keys(headers)) {
    const isUntrusted = AMBIGUOUS.test(name) || matchesHeader(name, UNTRUSTED);
    if (isUntrusted && !isKept(name)) Reflect.deleteProperty(headers, name);
  }
}
