import { isObject, jsonText, ofStrings } from './builtin.js';
import type { Builtin } from './builtin.js';
import { escapeLoneSurrogates } from '../input.js';

/** `io.jwt.decode`: header, payload and signature (in hexadecimal) of a token that is *not* verified. */
export const jwtDecode: Builtin = ofStrings((token = '') => decode(token));

function decode(token: string): ArrayBuffer | undefined {
  const parts = token.split('.');
  const [header, payload, signature] = parts.map(decodeBase64Url);
  if (parts.length !== 3 || !header || !payload || !signature) return undefined;

  const claims = parseObject(header);
  if (claims === undefined || Object.hasOwn(claims, 'enc')) return undefined;
  if (Object.hasOwn(claims, 'cty')) {
    const { cty } = claims as { cty: unknown };
    if (typeof cty !== 'string') return undefined;
    // The payload is a token itself, perhaps in quotes.
    if (cty === 'JWT') return decode(payload.toString().replace(/^["']+|["']+$/g, ''));
  }
  if (parseObject(payload) === undefined) return undefined;
  return jsonText(`[${clean(header)},${clean(payload)},"${signature.toString('hex')}"]`);
}

/** The text itself, so that numbers keep every digit; written anew only for escaped surrogates. */
function clean(json: Buffer): string {
  const text = json.toString();
  return /\\ud/i.test(text) ? escapeLoneSurrogates(JSON.stringify(JSON.parse(text))) : text;
}

function parseObject(json: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(json.toString());
    return isObject(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** As strict as OPA: padding may be left out whole, line breaks are skipped. */
function decodeBase64Url(text: string): Buffer | undefined {
  const padded = text.endsWith('=') ? text : text + '='.repeat((4 - (text.length % 4)) % 4);
  const bare = padded.replace(/[\r\n]/g, '');
  return /^(?:[\w-]{4})*(?:[\w-]{2}==|[\w-]{3}=)?$/.test(bare) ? Buffer.from(bare, 'base64url') : undefined;
}
