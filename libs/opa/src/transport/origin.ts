import { OpaError } from '../contracts/index.js';

/** The parts of an OPA's address. */
export interface Origin {
  /** The address for logs; it never holds a credential. */
  readonly url: string;
  readonly secure: boolean;
  readonly host: string;
  readonly port: number | undefined;
  /** The path of the unix socket; `\0name` for an abstract one. */
  readonly socketPath: string | undefined;
  /** The path in front of `/v1/…`, without a trailing slash; empty when OPA is not behind a path. */
  readonly basePath: string;
  /** The value of the `Host` header. */
  readonly authority: string;
}

/**
 * Parses an OPA address: `http://host:8181`, `https://host/base`, `unix:///run/opa.sock` or `unix://@abstract`.
 *
 * @throws OpaError `OPA_BAD_OPTIONS` when the address has another form, or carries a credential, a query or a fragment
 */
export function parseOrigin(address: string): Origin {
  if (address.startsWith('unix://')) return unixOrigin(address);
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw refused(address, 'is not an http://, https:// or unix:// address');
  }
  if (url.username !== '' || url.password !== '') {
    throw refused(url.origin, 'carries a user name or password; use `token` or `tls`');
  }
  if (url.search !== '' || url.hash !== '') throw refused(url.origin, 'carries a query or a fragment');
  const secure = url.protocol === 'https:';
  const basePath = url.pathname.replace(/\/+$/, '');
  return {
    url: url.origin + basePath,
    secure,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? undefined : Number(url.port),
    socketPath: undefined,
    basePath,
    authority: url.host,
  };
}

function unixOrigin(address: string): Origin {
  const path = address.slice('unix://'.length);
  if (!/^[/@]./.test(path)) throw refused(address, 'needs an absolute path or an @name after unix://');
  return {
    url: address,
    secure: false,
    host: 'localhost',
    port: undefined,
    socketPath: path.startsWith('@') ? `\0${path.slice(1)}` : path,
    basePath: '',
    authority: 'localhost',
  };
}

function refused(address: string, why: string): OpaError {
  return new OpaError(
    'OPA_BAD_OPTIONS',
    `OpaModule option "url": ${JSON.stringify(address)} ${why}. Give an address such as "http://127.0.0.1:8181".`,
  );
}
