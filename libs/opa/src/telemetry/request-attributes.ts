import type { Attributes } from '@opentelemetry/api';
import type { OpaRequestEvent } from '../contracts/index.js';
import { OpaError } from '../contracts/index.js';

/** The attributes of an HTTP client span that are known when the request starts. */
export function requestAttributes({ method, url, path }: OpaRequestEvent): Attributes {
  return { 'http.request.method': method, 'url.full': url + path, ...serverAttributes(new URL(url)) };
}

/** The attributes that the end of the request adds. The semantic conventions make every status from 400 an error. */
export function responseAttributes({ status, error }: OpaRequestEvent): Attributes {
  return { 'http.response.status_code': status, 'error.type': errorType(status, error) };
}

function errorType(status: number | undefined, error: unknown): string | undefined {
  if (status !== undefined) return status < 400 ? undefined : String(status);
  return error instanceof OpaError ? error.code : '_OTHER';
}

function serverAttributes({ protocol, hostname, port, pathname }: URL): Attributes {
  if (protocol === 'unix:') return { 'server.address': pathname };
  const defaultPort = protocol === 'https:' ? 443 : 80;
  return {
    // The conventions name an IPv6 address without brackets.
    'server.address': hostname.replace(/^\[|\]$/g, ''),
    'server.port': port === '' ? defaultPort : Number(port),
  };
}
