import { isPrintable } from '../go/unicode.js';

const HTML: Readonly<Record<string, string>> = {
  '\0': '\ufffd',
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
};
const JS: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '"': '\\"',
  '<': '\\u003C',
  '>': '\\u003E',
  '&': '\\u0026',
  '=': '\\u003D',
};

/** Go's `template.HTMLEscapeString`. */
export function htmlEscape(text: string): string {
  return text.replace(/[\0"'&<>]/g, (char) => HTML[char] ?? char);
}

/** Go's `template.JSEscapeString`. */
export function jsEscape(text: string): string {
  return text.replace(/[\\'"<>&=]|[^\x20-\x7f]/gu, (char) => {
    const escaped = JS[char];
    if (escaped !== undefined) return escaped;
    const code = char.codePointAt(0) ?? 0;
    const isKept = code > 0x7f && isPrintable(char);
    return isKept ? char : `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`;
  });
}
