/** A `policy_input_data_map`: path in the input → key that the policy sees. */
export type DataMap = Readonly<Record<string, string>>;

/** The input that holds the mapped keys alone. A path that doesn't exist gives `null`. */
export function applyDataMap(input: object, map: DataMap): Record<string, unknown> {
  return Object.fromEntries(Object.entries(map).map(([path, key]) => [key, valueAt(input, path.split('.'))]));
}

function valueAt(document: unknown, path: readonly string[]): unknown {
  let value = document;
  for (const part of path) {
    const isIndex = Array.isArray(value) ? /^\d+$/.test(part) : true;
    if (typeof value !== 'object' || value === null || !isIndex || !Object.hasOwn(value, part)) return null;
    value = (value as Readonly<Record<string, unknown>>)[part];
  }
  return value ?? null;
}
