import type { IncomingHttpHeaders } from 'node:http';
import { matchesHeader } from 'nestjs-opa/internal';

/** Headers with which some frameworks replace the method or the path of the request line. */
const OVERRIDES = [
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-original-*',
  'x-rewrite-url',
];
/**
 * Headers in which a proxy names the client or the host. The gateway removes them, because a client can forge them.
 */
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
