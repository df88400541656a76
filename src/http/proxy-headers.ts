import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import { BadRequestException } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { peerAddress } from 'nestjs-opa/internal';
import { isHost } from 'nestjs-opa-mcp/internal';

/** What a trusted proxy says about a request. */
export interface ProxyHeaders {
  /** The client's address, then the addresses of the trusted proxies on the way, the peer last. */
  readonly addresses: readonly string[];
  /** The protocol from `X-Forwarded-Proto`; `undefined` without a valid one. */
  readonly protocol: 'http' | 'https' | undefined;
  /** The host from `X-Forwarded-Host`; `undefined` without one. */
  readonly host: string | undefined;
}

/** A request after {@link readProxyHeaders}. A request without `forwarded` comes from a client itself. */
export type ForwardedRequest = FastifyRequest & { forwarded?: ProxyHeaders };

/**
 * Reads the headers of a trusted proxy into `request.forwarded`, and removes them. Afterwards Fastify's `ip`, `ips`,
 * `protocol` and `host` no longer change.
 *
 * @remarks Fastify reads `X-Forwarded-*` on each access of these fields. Other parts of the gateway remove the headers
 * before a policy sees the request, so that the fields would change in the middle of a request.
 * @param isTrusted - whether the gateway trusts an address. Fastify's option `trustProxy` is the same function
 * @throws BadRequestException when `X-Forwarded-Host` is not a host
 */
export function readProxyHeaders(
  request: ForwardedRequest,
  isTrusted: (address: string | undefined) => boolean,
): void {
  const { headers } = request.raw;
  if (!isTrusted(request.raw.socket.remoteAddress)) return;
  const protocol = protocolIn(headers);
  const host = lastOf(headers['x-forwarded-host']);
  if (host !== undefined && !isHost(host))
    throw new BadRequestException('The X-Forwarded-Host is not a host');
  replace(headers, 'x-forwarded-for', addressesIn(headers));
  replace(headers, 'x-forwarded-proto', protocol);
  replace(headers, 'x-forwarded-host', host);
  const { ip, ips = [] } = request;
  for (const [name, value] of Object.entries({ ip, ips, protocol: request.protocol, host: request.host })) {
    Object.defineProperty(request, name, { value });
  }
  const addresses = ips.map((address) => peerAddress(address) ?? address).reverse();
  request.forwarded = { addresses, protocol, host };
  for (const name of ['for', 'proto', 'host']) Reflect.deleteProperty(headers, `x-forwarded-${name}`);
}

function replace(headers: IncomingHttpHeaders, name: string, value: string | undefined): void {
  if (value === undefined || value === '') Reflect.deleteProperty(headers, name);
  else headers[name] = value;
}

/**
 * The addresses in `X-Forwarded-For`, from the right up to the first text that is not an address. Such a text hides the
 * client, so the proxy that wrote it counts as the client. Some proxies add the client's port, or a zone such as `%eth0`.
 */
function addressesIn({ 'x-forwarded-for': value }: IncomingHttpHeaders): string {
  const addresses: string[] = [];
  for (const entry of [value ?? []].flat().join(',').split(',').reverse()) {
    const address = entry
      .trim()
      .replace(/^\[([^\]]*)\](:\d+)?$/, '$1')
      .replace(/^([\d.]+):\d+$/, '$1');
    if (isIP(address) === 0) break;
    addresses.unshift(peerAddress(address) ?? address);
  }
  return addresses.join(', ');
}

function protocolIn({ 'x-forwarded-proto': value }: IncomingHttpHeaders): ProxyHeaders['protocol'] {
  const protocol = lastOf(value)?.toLowerCase();
  return protocol === 'http' || protocol === 'https' ? protocol : undefined;
}

/** The last entry of a header: the entry of the nearest proxy. */
function lastOf(value: string | string[] | undefined): string | undefined {
  const last = [value ?? []].flat().join(',').split(',').at(-1)?.trim();
  return last === '' ? undefined : last;
}
