import { Pool } from 'undici';
import type { Dispatcher } from 'undici';
import { upstreamConnector } from './connector.js';
import type { ConnectorOptions } from './connector.js';
import { resendOnce } from './resend.js';

/** The options of {@link upstreamPool}. All timeouts are in milliseconds; 0 means no timeout. */
export interface UpstreamPoolOptions extends ConnectorOptions {
  /** The timeout until the headers of a response have arrived. */
  readonly headersTimeout: number;
  /** The longest pause between two parts of a response's body. */
  readonly bodyTimeout: number;
  /** The largest total size of a response's headers, in bytes. */
  readonly maxHeaderSize: number;
}

/** Opens the pool of connections to an upstream. The pool sends a GET or HEAD again as `resendOnce` describes. */
export function upstreamPool(
  origin: string,
  { timeout, tls, headersTimeout, bodyTimeout, maxHeaderSize }: UpstreamPoolOptions,
): Dispatcher {
  const pool = new Pool(origin, {
    connect: upstreamConnector({ timeout, tls }),
    headersTimeout,
    bodyTimeout,
    maxHeaderSize,
  });
  return pool.compose(resendOnce);
}
