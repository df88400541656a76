import type { IncomingHttpHeaders } from 'node:http';

const BEARER = /^Bearer +([\w.~+/-]+=*)$/i;

/** The bearer token of a request; `undefined` without one (RFC 6750, 2.1). */
export const bearerTokenOf = ({ authorization = '' }: IncomingHttpHeaders): string | undefined =>
  BEARER.exec(authorization)?.[1];
