/** A `policy_input_data_map`: path in the input → key that the policy sees. */
export type DataMap = Readonly<Record<string, string>>;

/** The input of an entry that maps it: its keys alone, `null` for a path that isn't there. */
export function mapped(input: object, map: DataMap): Record<string, unknown> {
  return Object.fromEntries(Object.entries(map).map(([path, key]) => [key, at(input, path.split('.'))]));
}

function at(document: unknown, path: readonly string[]): unknown {
  let value = document;
  for (const part of path) {
    const isIndex = Array.isArray(value) ? /^\d+$/.test(part) : true;
    if (typeof value !== 'object' || value === null || !isIndex || !Object.hasOwn(value, part)) return null;
    value = (value as Readonly<Record<string, unknown>>)[part];
  }
  return value ?? null;
}
