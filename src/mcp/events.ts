/** One event of a stream, as lines. */
export class StreamEvent {
  constructor(private readonly lines: readonly string[]) {}

  /** What it says; `undefined` without a `data` field. */
  get data(): string | undefined {
    const values = this.lines.map(fieldOf).filter(({ name }) => name === 'data');
    return values.length === 0 ? undefined : values.map(({ value }) => value).join('\n');
  }

  /** Its id; `undefined` without one. */
  get id(): string | undefined {
    const ids = this.lines.map(fieldOf).filter(({ name, value }) => name === 'id' && !value.includes('\0'));
    return ids.at(-1)?.value;
  }

  /** The same event with other data. */
  with(data: string): StreamEvent {
    const others = this.lines.filter((line) => fieldOf(line).name !== 'data');
    return new StreamEvent([...others, data === '' ? 'data:' : `data: ${data}`]);
  }

  toString(): string {
    return this.lines.map((line) => `${line}\n`).join('') + '\n';
  }
}

interface Field {
  readonly name: string;
  readonly value: string;
}

function fieldOf(line: string): Field {
  const colon = line.indexOf(':');
  if (colon < 0) return { name: line, value: '' };
  return { name: line.slice(0, colon), value: line.slice(colon + 1).replace(/^ /, '') };
}

// A comment is a line whose field has no name.
const FIELDS = new Set(['', 'event', 'data', 'id', 'retry']);

/** What a splitter gives: an event, or a comment between two of them. */
export type Piece = StreamEvent | string;

/**
 * Splits an event stream, and keeps the standard's fields as they came: ids, `retry`, comments, events without data.
 * Any other line says nothing to a client, and is left out: what nobody reads nobody decides. Lines end as the standard
 * says, and nowhere else.
 *
 * @see {@link https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream | the standard}
 */
export class EventSplitter {
  private readonly decoder = new TextDecoder();
  private rest = '';
  private lines: string[] = [];
  private size = 0;
  private afterReturn = false;

  /** @param max - the largest event, in characters */
  constructor(private readonly max: number) {}

  /**
   * Takes a part of the stream, and gives what it completes.
   *
   * @throws RangeError when an event is too large
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
    return pieces;
  }

  private take(line: string, pieces: Piece[]): void {
    const { lines } = this;
    if (lines.length === 0 && (line === '' || line.startsWith(':'))) {
      const last = pieces.at(-1);
      if (typeof last === 'string') pieces[pieces.length - 1] = `${last}${line}\n`;
      else pieces.push(`${line}\n`);
    } else if (line === '') {
      this.lines = [];
      this.size = 0;
      pieces.push(new StreamEvent(lines));
    } else if (FIELDS.has(fieldOf(line).name)) {
      lines.push(line);
      this.size += line.length;
      this.check(0);
    }
  }

  private check(more: number): void {
    if (this.size + more > this.max) throw new RangeError(`an event is larger than ${this.max} characters`);
  }
}
