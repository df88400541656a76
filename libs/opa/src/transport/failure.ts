import { isError, messageOf, OpaError } from '../contracts/index.js';
import type { Origin } from './origin.js';

const codeOf = (error: unknown): string =>
  isError(error) && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** Tells whether an error means that a kept-alive socket had been closed by the other side. */
export function isReset(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'ECONNRESET' || code === 'EPIPE';
}

// OPA's own alerts about this client's certificate: an expired one must not look like an outage. By number, for under
// TLS 1.2 the code is EPROTO and nothing more. 40 is how TLS 1.2 says that a certificate is missing, 116 how 1.3 does.
const CERTIFICATE_REFUSED = /SSL alert number (?:4[0-689]|116)\b/;

// This process has no descriptor, port or memory for a socket. OPA isn't the one that is missing, and a flood can bring
// it about. (EAGAIN is not among them: OPA doesn't accept at its Unix socket, whose queue is longer than a pool.)
const EXHAUSTED = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL']);

// Of a name with several addresses, each that was tried: where there is no IPv6, its address alone isn't available.
const isExhausted = (error: unknown): boolean =>
  isError(error) && 'errors' in error && Array.isArray(error.errors)
    ? error.errors.every(isExhausted)
    : EXHAUSTED.has(codeOf(error));

/** Tells whether an error is OPA's own alert about this client's certificate. */
export function isCertificateRefused(error: unknown): boolean {
  return /^(?:EPROTO$|ERR_SSL_)/.test(codeOf(error)) && CERTIFICATE_REFUSED.test(messageOf(error));
}

/** Turns what `node:http` says of a failed exchange into the public error. */
export function failureOf(error: unknown, origin: Origin): OpaError {
  if (error instanceof OpaError) return error;
  const code = codeOf(error);
  const what = messageOf(error).trim();
  // HPE_INVALID_EOF_STATE is an answer cut short; the parser's other complaints are about what was said.
  if (code.startsWith('HPE_') && code !== 'HPE_INVALID_EOF_STATE') {
    return new OpaError('OPA_BAD_ANSWER', `OPA at ${origin.url} did not answer in HTTP: ${what}.`, {
      cause: error,
    });
  }
  // Node refuses to send it: a header or path with characters that HTTP has no place for.
  if (code.startsWith('ERR_INVALID_') || code === 'ERR_UNESCAPED_CHARACTERS') {
    return new OpaError('OPA_BAD_INPUT', `The request to OPA at ${origin.url} can't be sent: ${what}.`, {
      cause: error,
    });
  }
  if (isCertificateRefused(error)) {
    return new OpaError(
      'OPA_UNAUTHORIZED',
      `OPA at ${origin.url} refused this client's own certificate, or misses one (option "tls"): ${what}.`,
      { cause: error },
    );
  }
  if (isExhausted(error)) {
    return new OpaError('OPA_OVERLOADED', `OPA at ${origin.url} is not asked: ${what}.`, { cause: error });
  }
  return new OpaError('OPA_UNREACHABLE', `OPA at ${origin.url} can't be reached: ${what}.`, { cause: error });
}
