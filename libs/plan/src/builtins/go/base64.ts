import { GoError } from './error.js';

const STANDARD = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const URL_SAFE = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The alphabets of base64. */
export type Alphabet = 'standard' | 'url';

/** Reads padded base64 as Go does: line ends are skipped, padding is required, and no text may follow. */
export function decodeBase64(text: string, alphabet: Alphabet): Buffer {
  const problem = findProblem(text, alphabet === 'standard' ? STANDARD : URL_SAFE);
  if (problem !== undefined) throw new GoError(`illegal base64 data at input byte ${problem}`);
  return Buffer.from(text, 'base64');
}

/**
 * Reads the bytes of a JWK's member as OPA's library does: in either alphabet, with padding or without.
 *
 * @see https://github.com/lestrrat-go/jwx `internal/base64`
 */
export function decodeJwkBytes(text: string): Buffer {
  const alphabet = /[+/]/.test(text) ? 'standard' : 'url';
  if (text.endsWith('=')) return decodeBase64(text, alphabet);
  const digits = text.replace(/[\r\n]/g, '').length;
  return decodeBase64(text + '='.repeat((4 - (digits % 4)) % 4), alphabet);
}

/** The index of the first invalid character, as Go reports it. */
function findProblem(text: string, alphabet: string): number | undefined {
  let digits = 0;
  for (let index = 0; index < text.length; index++) {
    const char = text.charAt(index);
    if (alphabet.includes(char)) {
      digits++;
    } else if (char === '=') {
      return paddingProblem(text, index, digits % 4);
    } else if (!isLineEnd(char)) {
      return byteIndex(text, index);
    }
  }
  const rest = digits % 4;
  return rest === 0 ? undefined : text.length - rest;
}

function paddingProblem(text: string, index: number, digits: number): number | undefined {
  if (digits < 2) return index;
  let next = index + 1;
  if (digits === 2) {
    next = skipLineEnds(text, next);
    if (next === text.length) return text.length;
    if (text.charAt(next) !== '=') return next - 1;
    next++;
  }
  next = skipLineEnds(text, next);
  return next < text.length ? byteIndex(text, next) : undefined;
}

function skipLineEnds(text: string, index: number): number {
  let next = index;
  while (isLineEnd(text.charAt(next))) next++;
  return next;
}

function byteIndex(text: string, index: number): number {
  return Buffer.byteLength(text.slice(0, index));
}

function isLineEnd(char: string): boolean {
  return char === '\n' || char === '\r';
}
