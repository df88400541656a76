import { OpaError } from 'nestjs-opa';
import type { ResultEdit } from 'nestjs-opa/internal';
import { edited } from 'nestjs-opa/internal';
import { isObject } from '../protocol/parse.js';

/** The shortest masked text of which a copy is refused. Shorter texts, such as `true`, often repeat by chance. */
const MIN_LENGTH = 6;
const MAX_PATH = 200;
/** The deepest level at which an object counts as a copy of a masked JSON text. A comparison at every level costs too much. */
const MAX_LEVEL = 4;

/** A value of a result, with the place where it stands. */
interface Place {
  readonly value: unknown;
  readonly key: string;
  readonly parent: Place | undefined;
  readonly level: number;
}

/**
 * Checks that no text that a policy masked stands in another place of the result. A copy counts only as a whole value, also
 * in a text that is itself JSON. Servers repeat each text of `content` in `structuredContent` (FastMCP), or the JSON of
 * `structuredContent` in `content` (the specification of MCP).
 *
 * @param original - the result without the edits
 * @param changed - the result with all edits
 * @param policies - the text that names the policies, for the error
 * @throws OpaError `OPA_BAD_DECISION` with the path of the copy, and without the text
 */
export function assertNoMaskedCopy(
  original: unknown,
  changed: unknown,
  edits: readonly ResultEdit[],
  policies: string,
): void {
  const masks = edits.filter((edit) => 'mask' in edit);
  if (masks.length === 0) return;
  const texts = maskedTexts(original, edited(original, masks));
  if (texts.size === 0) return;
  const documents = new Set([...texts].flatMap((text) => canonical(documentIn(text)) ?? []));
  for (const place of placesIn(changed)) {
    if (!isCopy(place, texts, documents)) continue;
    throw new OpaError(
      'OPA_BAD_DECISION',
      `${policies} masked a text that still stands at ${JSON.stringify(pathOf(place, texts))} of the result. ` +
        'Mask this path too. The result is refused.',
    );
  }
}

/** The texts of the original that the masks replaced. A mask never moves a member, so both values have the same paths. */
function maskedTexts(original: unknown, masked: unknown): ReadonlySet<string> {
  const texts = new Set<string>();
  const open: (readonly [unknown, unknown])[] = [[original, masked]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [before, after] = next;
    if (before === after) continue;
    if (typeof before === 'string' && before.length >= MIN_LENGTH) texts.add(before);
    if (typeof before !== 'object' || before === null) continue;
    const members = Object(after) as Readonly<Record<string, unknown>>;
    for (const [key, value] of Object.entries(before)) {
      open.push([value, Object.hasOwn(members, key) ? members[key] : undefined]);
    }
  }
  return texts;
}

/** Whether a value is a masked text, or the object or list that a masked text holds as JSON. */
function isCopy(
  { value, level }: Place,
  texts: ReadonlySet<string>,
  documents: ReadonlySet<string | undefined>,
): boolean {
  if (typeof value === 'string') return texts.has(value);
  const isComparable = typeof value === 'object' && value !== null && level <= MAX_LEVEL;
  return documents.size > 0 && isComparable && documents.has(canonical(value));
}

/** The JSON text of an object or list, with sorted keys. */
const canonical = (document: object | undefined): string | undefined =>
  JSON.stringify(document, (_key, value: unknown) =>
    isObject(value) ? Object.fromEntries(Object.entries(value).toSorted(byKey)) : value,
  );

const byKey = ([one]: [string, unknown], [other]: [string, unknown]): number => (one < other ? -1 : 1);

/** The object or list that a text holds as JSON; `undefined` for any other text. An empty one repeats by chance. */
function documentIn(text: string): object | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    const document = JSON.parse(text) as object;
    return Object.keys(document).length === 0 ? undefined : document;
  } catch {
    return undefined;
  }
}

/**
 * Every value in a result, and in the texts of the result that are JSON. A stack of its own: a result can be nested deeper
 * than the call stack allows.
 */
function* placesIn(result: unknown): Generator<Place> {
  const open: Place[] = [{ value: result, key: '', parent: undefined, level: 0 }];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    yield place;
    const { value: holder } = place;
    const members = typeof holder === 'string' ? documentIn(holder) : holder;
    if (typeof members !== 'object' || members === null) continue;
    for (const [key, value] of Object.entries(members)) {
      open.push({ value, key, parent: place, level: place.level + 1 });
    }
  }
}

/** The path of a place, for the log. A key may itself be a masked text. */
function pathOf(place: Place, texts: ReadonlySet<string>): string {
  const keys: string[] = [];
  for (let at = place; at.parent !== undefined; at = at.parent) keys.push(texts.has(at.key) ? '***' : at.key);
  const escaped = keys.reverse().map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
  const path = escaped.join('');
  return path.length > MAX_PATH ? `${path.slice(0, MAX_PATH)}…` : path;
}
