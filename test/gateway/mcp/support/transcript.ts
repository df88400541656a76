/** The results of a client in order, without the values that differ between runs. */
export class Transcript {
  readonly entries: unknown[] = [];

  /** Records a result or a message of the server. An error is recorded with its code, message and data. */
  async note(name: string, result: unknown): Promise<unknown> {
    try {
      const value = await result;
      this.entries.push([name, plain(value)]);
      return value;
    } catch (error) {
      const { code, message, data } = error as { code?: unknown; message: string; data?: unknown };
      this.entries.push([name, 'error', plain({ code, message, data })]);
      return undefined;
    }
  }
}

const VOLATILE: readonly (readonly [RegExp, string])[] = [
  [/[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/g, '<uuid>'],
  [/"taskId":"[^"]*"/g, '"taskId":"<id>"'],
  [/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>'],
  [/\d{1,2}:\d\d:\d\d [AP]M/g, '<time>'],
];

function plain(value: unknown): unknown {
  const text = VOLATILE.reduce(
    (left, [pattern, name]) => left.replace(pattern, name),
    JSON.stringify(value ?? null),
  );
  return JSON.parse(text) as unknown;
}
