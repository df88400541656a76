import { OpaError } from 'nestjs-opa';
import type { ResultEdit } from 'nestjs-opa/internal';
import { edited } from 'nestjs-opa/internal';

/** The shortest masked text of which a copy is refused. Shorter texts, such as `true`, often repeat by chance. */
const MIN_LENGTH = 6;
const MAX_PATH = 200;

/** A value of a result, with the place where it stands. */
interface Place {
  readonly value: unknown;
  readonly key: string;
  readonly parent: Place | undefined;
}

/**
 * Checks that no text that a policy masked stands in another place of the result. A copy counts only as a whole value.
 * Servers such as FastMCP repeat each text of `content` in `structuredContent`.
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
  for (const place of placesIn(changed)) {
    if (typeof place.value !== 'string' || !texts.has(place.value)) continue;
    throw new OpaError(
      'OPA_BAD_DECISION',
      `${policies} masked a text that still stands at ${JSON.stringify(pathOf(place))} of the result. ` +
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

/** Every value in a result. A stack of its own: a result can be nested deeper than the call stack allows. */
function* placesIn(result: unknown): Generator<Place> {
  const open: Place[] = [{ value: result, key: '', parent: undefined }];
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    yield place;
    if (typeof place.value !== 'object' || place.value === null) continue;
    for (const [key, value] of Object.entries(place.value)) open.push({ value, key, parent: place });
  }
}

function pathOf(place: Place): string {
  const keys: string[] = [];
  for (let at = place; at.parent !== undefined; at = at.parent) keys.push(at.key);
  const escaped = keys.reverse().map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
  const path = escaped.join('');
  return path.length > MAX_PATH ? `${path.slice(0, MAX_PATH)}…` : path;
}
