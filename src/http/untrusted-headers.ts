/** Headers that have some frameworks serve another method or path than the request line's. */
const OVERRIDES = [
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-original-method',
  'x-original-uri',
  'x-original-url',
  'x-rewrite-url',
];
/** Headers that say who the client is, or whom it asked: a proxy's word, and no proxy in front of the gateway is trusted. */
const PROXYS = [
  'cf-connecting-ip',
  'cf-connecting-ipv6',
  'client-ip',
  'fastly-client-ip',
  'forwarded',
  'true-client-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-envoy-external-address',
  'x-forwarded',
  'x-original-forwarded-for',
  'x-original-host',
  'x-real-ip',
  'x-remote-addr',
  'x-remote-ip',
];
const NAMES = new Set([...OVERRIDES, ...PROXYS]);

/**
 * Tells whether a client's header could give the upstream another request, or another client, than the policy saw.
 * So could each name with `_`: CGI, WSGI and PHP take it for the same name with `-`.
 *
 * @param name - in lower case
 */
export const isUntrusted = (name: string): boolean =>
  NAMES.has(name) || name.startsWith('x-forwarded-') || name.includes('_');
