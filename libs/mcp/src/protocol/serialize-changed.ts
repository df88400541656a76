import { endOfString } from 'nestjs-opa/internal';

/** A value of the parsed message, and the range of its text. */
interface Place {
  readonly value: unknown;
  readonly start: number;
  readonly end: number;
}

/**
 * Writes a message that a policy has changed. Unchanged parts are copied from the server's text, because JavaScript
 * can't hold every number of JSON exactly.
 *
 * @param text - the text of the message from the server
 * @param message - the parsed value of `text`
 * @param changed - the value to write; an unchanged part is the same object as in `message`, or an equal value in the
 * same place
 */
export function serializeChanged(text: string, message: unknown, changed: unknown): string {
  const start = text.search(/\S/);
  return new Writer(text).write(changed, { value: message, start, end: text.length });
}

class Writer {
  constructor(private readonly text: string) {}

  /** @param place - the original value in this place and its text; `undefined` when the place is unknown */
  write(value: unknown, place: Place | undefined): string {
    if (place === undefined) return JSON.stringify(value ?? null);
    if (value === place.value) return this.text.slice(place.start, place.end).trimEnd();
    if (Array.isArray(value)) return this.list(value, place);
    return typeof value === 'object' && value !== null
      ? this.members(value, place)
      : JSON.stringify(value ?? null);
  }

  private list(values: readonly unknown[], place: Place): string {
    const places = Array.isArray(place.value) ? [...this.places(place)].map(([, item]) => item) : [];
    // When items were removed, the position of an item no longer tells its place. Then only unchanged objects are
    // found, by identity.
    const isWhole = places.length === values.length;
    const moved = new Map(isWhole ? [] : places.map((item) => [item.value, item]));
    const placeOf = (value: unknown, index: number): Place | undefined =>
      isWhole ? places[index] : typeof value === 'object' ? moved.get(value) : undefined;
    return `[${values.map((value, index) => this.write(value, placeOf(value, index))).join()}]`;
  }

  private members(value: object, place: Place): string {
    const isKnown = typeof place.value === 'object' && place.value !== null && !Array.isArray(place.value);
    const places = new Map(isKnown ? this.places(place) : []);
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${this.write(member, places.get(key))}`).join()}}`;
  }

  /** The places of an object's members, by key, or of a list's items, by index. */
  private *places({ value, start }: Place): Generator<[string, Place]> {
    const { text } = this;
    const isList = Array.isArray(value);
    let at = this.next(start + 1, ' \t\r\n');
    for (let index = 0; !'}]'.includes(text.charAt(at)); index += 1) {
      let key = String(index);
      if (!isList) {
        const end = endOfString(text, at) + 1;
        key = JSON.parse(text.slice(at, end)) as string;
        at = this.next(end, ' \t\r\n:');
      }
      const end = endOfValue(text, at);
      yield [key, { value: (value as Readonly<Record<string, unknown>>)[key], start: at, end }];
      at = this.next(end, ' \t\r\n,');
    }
  }

  private next(from: number, skipped: string): number {
    let at = from;
    while (at < this.text.length && skipped.includes(this.text.charAt(at))) at += 1;
    return at;
  }
}

const [QUOTE, COMMA, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x22, 0x2c, 0x5b, 0x5d, 0x7b, 0x7d];

/** Finds the end of the value that begins at an index. White space after a number or a literal counts as its part. */
function endOfValue(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (char === QUOTE) at = endOfString(text, at);
    else if (char === OPEN_OBJECT || char === OPEN_LIST) depth += 1;
    else if (char === CLOSE_OBJECT || char === CLOSE_LIST) {
      if (depth === 0) return at;
      depth -= 1;
    } else if (char === COMMA && depth === 0) return at;
    else continue;
    if (depth === 0) return at + 1;
  }
  return text.length;
}
