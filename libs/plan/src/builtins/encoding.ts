import type { Value } from '../values/index.js';
import { entriesOf, isObject, keyText, makeObject } from '../values/index.js';
import type { BuiltinContext, Builtins } from './builtin.js';
import { BuiltinError } from './builtin.js';
import { fromGo, succeeds } from './failure.js';
import { decodeBase64 } from './go/base64.js';
import { bytesOf, textOf } from './go/bytes.js';
import { encodeQuery, parseQuery, queryEscape, queryUnescape } from './go/query.js';
import { elementsOf, operandError, operandTypeError, stringOperand } from './operands.js';

/** `base64.*`, `base64url.*`, `hex.*` and `urlquery.*` */
export const encoding: Builtins = {
  'base64.encode': (_context, text) => bytesOf(stringOperand(text, 1)).toString('base64'),
  'base64.decode': (_context, text) => {
    const encoded = stringOperand(text, 1);
    return textOf(fromGo(() => decodeBase64(encoded, 'standard')));
  },
  'base64.is_valid': (_context, text) =>
    typeof text === 'string' && succeeds(() => decodeBase64(text, 'standard')),
  'base64url.encode': (_context, text) => padded(bytesOf(stringOperand(text, 1)).toString('base64url')),
  'base64url.encode_no_pad': (_context, text) => bytesOf(stringOperand(text, 1)).toString('base64url'),
  'base64url.decode': (_context, text) => textOf(decodeBase64Url(stringOperand(text, 1))),
  'hex.encode': (_context, text) => bytesOf(stringOperand(text, 1)).toString('hex'),
  'hex.decode': (_context, text) => textOf(decodeHex(stringOperand(text, 1))),
  'urlquery.encode': (_context, text) => queryEscape(stringOperand(text, 1)),
  'urlquery.decode': (_context, text) => {
    const encoded = stringOperand(text, 1);
    return fromGo(() => queryUnescape(encoded));
  },
  'urlquery.encode_object': (context, object = null) => encodeObject(context, object),
  'urlquery.decode_object': (_context, text) => {
    const encoded = stringOperand(text, 1);
    return makeObject(fromGo(() => parseQuery(encoded)));
  },
};

/** Decodes base64url with or without padding. */
export function decodeBase64Url(text: string): Buffer {
  return fromGo(() => decodeBase64(text.endsWith('=') ? text : padTo4(text), 'url'));
}

function padTo4(text: string): string {
  if (Buffer.byteLength(text) % 4 === 1) throw new BuiltinError(`illegal base64url string: ${text}`);
  return padded(text);
}

function padded(text: string): string {
  return text + '='.repeat((4 - (Buffer.byteLength(text) % 4)) % 4);
}

function decodeHex(text: string): Buffer {
  const bad = /[^0-9a-fA-F]/u.exec(text);
  const pairs = bad ? text.slice(0, bad.index) : text;
  if (bad) throw new BuiltinError(`encoding/hex: invalid byte: ${unicodeName(bad[0])}`);
  if (pairs.length % 2 === 1) throw new BuiltinError('encoding/hex: odd length hex string');
  return Buffer.from(text, 'hex');
}

/** A byte as Go's `%#U` writes it. */
function unicodeName(rune: string): string {
  const byte = bytesOf(rune)[0] ?? 0;
  const character =
    byte < 0x20 || (byte > 0x7e && byte < 0xa1) || byte === 0xad ? '' : ` '${String.fromCharCode(byte)}'`;
  return `U+${byte.toString(16).toUpperCase().padStart(4, '0')}${character}`;
}

function encodeObject(context: BuiltinContext, object: Value): string {
  if (!isObject(object)) throw operandTypeError(1, object, 'object');
  const values = new Map<string, string[]>();
  for (const [key, value] of entriesOf(object)) {
    context.checkDeadline();
    values.set(keyText(key), textsOf(value));
  }
  return encodeQuery(values);
}

function textsOf(value: Value): string[] {
  const texts = typeof value === 'string' ? [value] : elementsOf(value);
  if (!texts?.every((text) => typeof text === 'string')) {
    throw operandError(1, 'values must be string, array[string], or set[string]');
  }
  return [...texts];
}
