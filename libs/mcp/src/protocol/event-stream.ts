const FIELDS = ['event', 'id', 'retry', 'data'] as const;
type FieldName = (typeof FIELDS)[number];
type Fields = Readonly<Partial<Record<FieldName, string>>>;

/** A value that every client reads as one line: printable ASCII, whose bytes are the same in UTF-8 and Latin-1. */
const PLAIN = /^[\x20-\x7e]{0,1024}$/;
const DIGITS = /^\d{1,10}$/;

/** One event of a stream. It has only the four fields of the standard, and writes each field as one line. */
export class StreamEvent {
  constructor(private readonly fields: Fields) {}

  /** The message; `undefined` without a `data` field. */
  get data(): string | undefined {
    return this.fields.data;
  }

  /** The event's id; `undefined` without an `id` field. */
  get id(): string | undefined {
    return this.fields.id;
  }

  /** The reason why a client must not receive the event; `undefined` when it may. */
  get fault(): string | undefined {
    const { event = '', id = '' } = this.fields;
    if (!PLAIN.test(event)) return 'its "event" field is not printable ASCII of at most 1024 characters';
    return PLAIN.test(id) ? undefined : 'its "id" field is not printable ASCII of at most 1024 characters';
  }

  /** The same event with another message. */
  with(data: string): StreamEvent {
    return new StreamEvent({ ...this.fields, data });
  }

  /**
   * The event without its message and its type. The id, from which a client resumes, and the reconnection time remain.
   */
  withoutMessage(): StreamEvent {
    const { id, retry } = this.fields;
    const position = { ...(id !== undefined && { id }), ...(retry !== undefined && { retry }) };
    return new StreamEvent(Object.keys(position).length === 0 ? {} : { ...position, data: '' });
  }

  /** The event as lines; the empty text for an event without fields. */
  toString(): string {
    const lines = FIELDS.flatMap((name) => {
      const value = this.fields[name];
      if (value === undefined) return [];
      return value === '' ? [`${name}:\n`] : [`${name}: ${name === 'data' ? oneLine(value) : value}\n`];
    });
    return lines.length === 0 ? '' : `${lines.join('')}\n`;
  }
}

// Some clients, such as Python's `splitlines`, also end a line at these characters. JSON allows these characters only
// in strings, and a newline only outside of strings. So neither replacement changes the JSON value.
const SEPARATORS = /[\u0085\u2028\u2029]/g;

function oneLine(json: string): string {
  const escaped = (character: string): string =>
    `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return json.replaceAll('\n', ' ').replace(SEPARATORS, escaped);
}

/** The comment that the gateway sends in place of an upstream's comment. It keeps an idle connection open. */
export const KEEP_ALIVE = ': keep-alive\n\n';

/** The output of a splitter: an event, or a comment. Successive comments of one chunk become one comment. */
export type Piece = StreamEvent | typeof KEEP_ALIVE;

/**
 * Splits an event stream into events with the four fields of the standard. Drops unknown fields and a `retry` that is
 * not a number, which clients ignore and policies don't decide. Replaces comments by {@link KEEP_ALIVE}. Splits lines
 * only where the standard does.
 *
 * @see {@link https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream | the standard}
 */
export class EventSplitter {
  private readonly decoder = new TextDecoder();
  private rest = '';
  private fields: Partial<Record<FieldName, string>> = {};
  private data: string[] = [];
  private size = 0;
  private afterReturn = false;
  private hasBegun = false;

  /** @param max - the largest event, in characters */
  constructor(private readonly max: number) {}

  /**
   * Reads a chunk of the stream. Returns the events and comments that the chunk completes.
   *
   * @throws RangeError when an event is larger than `max`; TypeError when the stream is JSON without any event
   */
  push(chunk: Uint8Array): Piece[] {
    let text = this.decoder.decode(chunk, { stream: true });
    if (this.afterReturn && text !== '') {
      if (text.startsWith('\n')) text = text.slice(1);
      this.afterReturn = false;
    }
    const pieces: Piece[] = [];
    let start = 0;
    for (const { 0: end, index } of text.matchAll(/\r\n|\r|\n/g)) {
      const line = this.rest + text.slice(start, index);
      this.rest = '';
      start = index + end.length;
      this.afterReturn = end === '\r' && start === text.length;
      this.take(line, pieces);
    }
    this.rest += text.slice(start);
    this.check(this.rest.length);
    this.assertEvents(text, pieces);
    return pieces;
  }

  /**
   * Checks the first chunk that is not white space. It may begin with JSON only when an event follows. Without this
   * check a client would wait for an event that never comes.
   */
  private assertEvents(text: string, pieces: readonly Piece[]): void {
    if (this.hasBegun) return;
    const beginning = text.trimStart().charAt(0);
    this.hasBegun = beginning !== '';
    if (pieces.length > 0 || (beginning !== '{' && beginning !== '[')) return;
    throw new TypeError('its event stream (status 200) is JSON without "data:"');
  }

  private take(line: string, pieces: Piece[]): void {
    if (line === '') this.finish(pieces);
    else if (line.startsWith(':')) {
      if (this.size === 0 && pieces.at(-1) !== KEEP_ALIVE) pieces.push(KEEP_ALIVE);
    } else this.takeField(line);
  }

  private takeField(line: string): void {
    const colon = line.indexOf(':');
    const name = FIELDS.find((field) => field === (colon < 0 ? line : line.slice(0, colon)));
    if (name === undefined) return;
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'retry' && !DIGITS.test(value)) return;
    if (name === 'data') this.data.push(value);
    else this.fields[name] = value;
    this.size += line.length;
    this.check(0);
  }

  private finish(pieces: Piece[]): void {
    const { fields, data, size } = this;
    if (size === 0) return;
    this.fields = {};
    this.data = [];
    this.size = 0;
    pieces.push(new StreamEvent(data.length === 0 ? fields : { ...fields, data: data.join('\n') }));
  }

  private check(more: number): void {
    if (this.size + more > this.max) throw new RangeError(`an event is larger than ${this.max} characters`);
  }
}
