/** How OPA's library chooses between plain, quoted and block scalars, and writes them. */

const BREAK = '[\\n\\r\\u0085\\u2028\\u2029]';
/**
 * Characters that no plain or single-quoted scalar may contain: unprintable ones, tabs, a space before a line end.
 */
const SPECIAL = new RegExp(
  `[^\\n\\r\\t -~\\u0085\\u00a0-\\ud7ff\\ue000-\\ufefe\\uff00-\\ufffd]|[\\u0085\\r]`,
  'u',
);
const PRINTABLE = /^[ -~\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd]$/u;
const STARTS_WITH_INDICATOR = /^(?:[#,[\]{}&*!|>'"%@`]|---|\.\.\.|[?:-](?:[ \t\n]|$))/;
const HAS_INDICATOR = /:(?:[ \t\n]|$)|[ \t\n]#/;
const ESCAPES: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\x07': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\x1b': '\\e',
  '"': '\\"',
  '\\': '\\\\',
  '\u0085': '\\N',
  '\u00a0': '\\_',
  '\u2028': '\\L',
  '\u2029': '\\P',
};

/** The simplest style for a text that YAML reads as a string. */
export function mayBePlain(text: string): 'plain' | 'single' | 'double' {
  if (SPECIAL.test(text) || text.includes('\t') || new RegExp(` ${BREAK}|${BREAK} `).test(text))
    return 'double';
  const isPlain =
    !/^ | $/.test(text) &&
    !new RegExp(BREAK).test(text) &&
    !STARTS_WITH_INDICATOR.test(text) &&
    !HAS_INDICATOR.test(text);
  return isPlain ? 'plain' : 'single';
}

/** A text in single quotes. */
export function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A text in double quotes, with escapes. */
export function doubleQuoted(text: string): string {
  return `"${Array.from(text).map(escapeRune).join('')}"`;
}

/** Writes a text as a literal block. Undefined when a block cannot hold the text. */
export function literalBlock(text: string, indent: number): string | undefined {
  if (SPECIAL.test(text) || text.includes(' \n') || text.endsWith(' ')) return undefined;
  const hint = /^[ \n\u2028\u2029]/.test(text) ? '2' : '';
  const chomp = !text.endsWith('\n') ? '-' : /(?:^|\n)\n$/.test(text) ? '+' : '';
  const body = text.replace(/\n$/, '').split('\n');
  const margin = ' '.repeat(indent);
  const lines = body.map((line) => (line === '' ? '' : margin + line));
  return [`|${hint}${chomp}`, ...lines].join('\n');
}

function escapeRune(rune: string): string {
  const escape = ESCAPES[rune];
  if (escape !== undefined) return escape;
  if (PRINTABLE.test(rune)) return rune;
  const hex = (rune.codePointAt(0) ?? 0).toString(16).toUpperCase();
  if (hex.length <= 2) return `\\x${hex.padStart(2, '0')}`;
  return hex.length <= 4 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}
