/**
 * The value of a block string: without the common indentation of all lines, and without blank lines at either end.
 */
export function blockStringValue(raw: string): string {
  const lines = raw.split('\n');
  const indents = lines.map(indentOf).filter((indent) => indent !== undefined);
  const common = Math.min(...indents);
  const dedented = lines.map((line, index) =>
    index === 0 || indents.length === 0 ? line : line.slice(common),
  );
  const first = dedented.findIndex((line) => indentOf(line) !== undefined);
  const last = dedented.findLastIndex((line) => indentOf(line) !== undefined);
  return first < 0 ? '' : dedented.slice(first, last + 1).join('\n');
}

/** The spaces and tabs before a line's first character. Undefined for a blank line. */
function indentOf(line: string): number | undefined {
  const index = line.search(/[^ \t]/);
  return index < 0 ? undefined : index;
}
