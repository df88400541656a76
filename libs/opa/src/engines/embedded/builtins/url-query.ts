import { ofStrings } from './builtin.js';
import type { Builtins } from './builtin.js';

function encode(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}

/** Throws URIError on escapes that aren't UTF-8, which OPA's strings can hold and JSON can't. */
function decode(text: string): string | undefined {
  if (/%(?![0-9a-f]{2})/i.test(text)) return undefined;
  return decodeURIComponent(text.replaceAll('+', ' '));
}

function decodeObject(query: string): unknown {
  const found = new Map<string, string[]>();
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    if (pair.includes(';')) return undefined;
    const at = pair.includes('=') ? pair.indexOf('=') : pair.length;
    const key = decode(pair.slice(0, at));
    const value = decode(pair.slice(at + 1));
    if (key === undefined || value === undefined) return undefined;
    found.set(key, [...(found.get(key) ?? []), value]);
  }
  return Object.fromEntries(found);
}

/** Query strings, as Go's `net/url` writes and reads them. */
export const urlQuery: Builtins = {
  'urlquery.encode': ofStrings((text = '') => encode(text)),
  'urlquery.decode': ofStrings((text = '') => decode(text)),
  'urlquery.decode_object': ofStrings((query = '') => decodeObject(query)),
};
