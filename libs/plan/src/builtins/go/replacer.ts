import { bytesOf, textOf } from './bytes.js';

/** A text to search for, and its replacement. */
export type Replacement = readonly [search: string, replacement: string];

/**
 * Go's `strings.NewReplacer(...).Replace`: one pass from the left. The first matching pattern in the list wins.
 * `onLength` is called with the length of the result so far.
 */
export function replaceAllOf(
  text: string,
  replacements: readonly Replacement[],
  onLength: (length: number) => void,
): string {
  const [only, second] = replacements;
  if (only === undefined) return text;
  if (second === undefined && only[0] !== '') {
    const parts = text.split(only[0]);
    onLength(text.length + (parts.length - 1) * (only[1].length - only[0].length));
    return parts.join(only[1]);
  }
  if (replacements.some(([search]) => search === '')) return replaceBytes(text, replacements, onLength);
  return replaceUnits(text, replacements, onLength);
}

/** Replaces byte by byte. An empty pattern matches between any two bytes, even inside one character. */
function replaceBytes(
  text: string,
  replacements: readonly Replacement[],
  onLength: (length: number) => void,
): string {
  const latin = (part: string): string => bytesOf(part).toString('latin1');
  const pairs = replacements.map(([search, replacement]) => [latin(search), latin(replacement)] as const);
  return textOf(Buffer.from(replaceUnits(latin(text), pairs, onLength), 'latin1'));
}

function replaceUnits(
  text: string,
  replacements: readonly Replacement[],
  onLength: (length: number) => void,
): string {
  const parts: string[] = [];
  let length = 0;
  let last = 0;
  let wasEmpty = false;
  const add = (part: string): void => {
    length += part.length;
    onLength(length);
    parts.push(part);
  };
  for (let index = 0; index <= text.length;) {
    const from = index;
    const skipEmpty: boolean = wasEmpty;
    const match: Replacement | undefined = replacements.find(
      ([search]) => text.startsWith(search, from) && !(search === '' && skipEmpty),
    );
    wasEmpty = match?.[0] === '';
    if (match) {
      add(text.slice(last, index) + match[1]);
      index += match[0].length;
      last = index;
    } else {
      index++;
    }
  }
  add(text.slice(last));
  return parts.join('');
}
