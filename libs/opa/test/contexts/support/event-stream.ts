/** An event, as a client reads it. */
export interface ReadEvent {
  readonly event?: string;
  readonly id?: string;
  readonly retry?: string;
  readonly data?: string;
}

/** Reads the events of a response as they come. */
export async function* eventsOf(response: Response): AsyncGenerator<ReadEvent> {
  if (response.body === null) return;
  let rest = '';
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + text).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = parsed(block);
      if (Object.keys(event).length > 0) yield event;
    }
  }
}

function parsed(block: string): ReadEvent {
  const fields: Record<string, string> = {};
  for (const line of block.split('\n')) {
    const [, name, value] = /^(\w+): ?(.*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    fields[name] = name in fields ? `${fields[name] ?? ''}\n${value}` : value;
  }
  return fields;
}

/** Reads all events until the stream ends. */
export async function allEvents(response: Response): Promise<ReadEvent[]> {
  const events: ReadEvent[] = [];
  for await (const event of eventsOf(response)) events.push(event);
  return events;
}
