import { isError, messageOf, OpaError } from '../contracts/index.js';
import type { Origin } from './origin.js';

const codeOf = (error: unknown): string =>
  isError(error) && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** Tells whether an error means that the other side had closed a kept-alive socket. */
export function isReset(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'ECONNRESET' || code === 'EPIPE';
}

// OPA's TLS alerts about this client's certificate: an expired certificate must not look like an outage. Under TLS 1.2 the
// error code is only EPROTO, so the number of the alert decides. A missing certificate is alert 40 in TLS 1.2 and 116 in
// TLS 1.3 (RFC 8446, section 6.2).
const CERTIFICATE_REFUSED = /SSL alert number (?:4[0-689]|116)\b/;

// This process has no file descriptor, port or memory for a socket. A flood can cause that while OPA is well. EAGAIN is
// another case: OPA does not accept connections at its Unix socket.
const EXHAUSTED = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL']);

// A name may have several addresses. Without IPv6 only its IPv6 address is unavailable, so all errors must agree.
const isExhausted = (error: unknown): boolean =>
  isError(error) && 'errors' in error && Array.isArray(error.errors)
    ? error.errors.every(isExhausted)
    : EXHAUSTED.has(codeOf(error));

/** Tells whether an error is a TLS alert of OPA about this client's certificate. */
export function isCertificateRefused(error: unknown): boolean {
  return /^(?:EPROTO$|ERR_SSL_)/.test(codeOf(error)) && CERTIFICATE_REFUSED.test(messageOf(error));
}

/** Turns an error of `node:http` into the public error. */
export function failureOf(error: unknown, origin: Origin): OpaError {
  if (error instanceof OpaError) return error;
  const code = codeOf(error);
  const what = messageOf(error).trim();
  // HPE_INVALID_EOF_STATE is a truncated response. The parser's other errors are about its content.
  if (code.startsWith('HPE_') && code !== 'HPE_INVALID_EOF_STATE') {
    return new OpaError('OPA_BAD_ANSWER', `OPA at ${origin.url} did not answer in HTTP: ${what}.`, {
      cause: error,
    });
  }
  // Node refuses to send a header or path with characters that HTTP does not allow.
  if (code.startsWith('ERR_INVALID_') || code === 'ERR_UNESCAPED_CHARACTERS') {
    return new OpaError('OPA_BAD_INPUT', `The request to OPA at ${origin.url} can't be sent: ${what}.`, {
      cause: error,
    });
  }
  if (isCertificateRefused(error)) {
    return new OpaError(
      'OPA_UNAUTHORIZED',
      `OPA at ${origin.url} refused this client's certificate, or requires one (option "tls"): ${what}.`,
      { cause: error },
    );
  }
  if (isExhausted(error)) {
    return new OpaError('OPA_OVERLOADED', `OPA at ${origin.url} was not asked: ${what}.`, { cause: error });
  }
  return new OpaError('OPA_UNREACHABLE', `OPA at ${origin.url} can't be reached: ${what}.`, { cause: error });
}
