/**
 * Parses a text that must be a JSON object.
 *
 * @returns `undefined` when the text isn't a JSON object, or holds a key twice. Parsers differ in which of the two values
 * they take, so a duplicate key makes the meaning uncertain.
 */
export function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return hasDuplicateKey(text) ? undefined : (value as Record<string, unknown>);
  } catch {
    return undefined;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const SPACE = 0x20;

/** Tells whether an object holds a key twice. The text must be valid JSON. */
export const hasDuplicateKey = (text: string): boolean => duplicateKey(text) !== undefined;

/**
 * Looks for an object that holds a key twice. The text must be valid JSON.
 *
 * @returns the depth of that object: 1 for the outermost object; `undefined` when there is none
 */
export function duplicateKey(text: string): { readonly depth: number } | undefined {
  // An object without keys needs no set. A text may hold millions of empty objects.
  const objects: (Set<string> | undefined)[] = [];
  for (let i = 0; i < text.length; i += 1) {
    const char = text.charCodeAt(i);
    if (char === OPEN_OBJECT) objects.push(undefined);
    else if (char === CLOSE_OBJECT) objects.pop();
    else if (char === QUOTE) {
      const end = endOfString(text, i);
      if (isKey(text, end)) {
        const keys = (objects[objects.length - 1] ??= new Set());
        const key = keyOf(text, i, end);
        if (keys.has(key)) return { depth: objects.length };
        keys.add(key);
      }
      i = end;
    }
  }
  return undefined;
}

const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/**
 * Looks for a number that a double can't hold: out of range, or an integer beyond 2^53 − 1. Parsers differ in the value
 * that they give such a number. The text must be valid JSON.
 */
export function hasUnsafeNumber(text: string): boolean {
  for (const token of numbersIn(text)) {
    const value = Number(token);
    if (/^-?\d+$/.test(token) ? !Number.isSafeInteger(value) : !Number.isFinite(value)) return true;
  }
  return false;
}

/** The numbers of a valid JSON text, as they are written. */
function* numbersIn(text: string): Generator<string> {
  for (let i = 0; i < text.length; i += 1) {
    const char = text.charCodeAt(i);
    if (char === QUOTE) i = endOfString(text, i);
    else if (char === MINUS || (char >= ZERO && char <= NINE)) {
      NUMBER.lastIndex = i;
      const [token = ''] = NUMBER.exec(text) ?? [];
      yield token;
      i += token.length - 1;
    }
  }
}

/** Finds the closing quote of the string that begins at `start`. The text must be valid JSON. */
export function endOfString(text: string, start: number): number {
  let i = start + 1;
  for (let char = text.charCodeAt(i); char !== QUOTE; char = text.charCodeAt(i)) {
    i += char === BACKSLASH ? 2 : 1;
  }
  return i;
}

// In JSON, a string with a colon behind it is a key.
function isKey(text: string, end: number): boolean {
  let i = end + 1;
  while (text.charCodeAt(i) <= SPACE) i += 1;
  return text.charCodeAt(i) === COLON;
}

function keyOf(text: string, start: number, end: number): string {
  const raw = text.slice(start + 1, end);
  return raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw;
}
