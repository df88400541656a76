import { fromCaller } from './kinds.js';
import { spend } from './work.js';
import { RegoObject } from './value.js';
import type { JsonObject, MapKey, Value } from './value.js';

/** A key and its value. */
export type Entry = readonly [Value, Value];

/** An object's entries in no particular order. */
export function entriesInAnyOrder(object: JsonObject | RegoObject): Entry[] {
  const entries: Entry[] = [];
  if (object instanceof RegoObject) {
    spend(object.values.size);
    for (const [mapKey, value] of object.values) entries.push([keyOf(object, mapKey), value]);
    return entries;
  }
  const keys = Object.keys(object);
  spend(keys.length);
  for (const key of keys) {
    const value = fromCaller(object[key]);
    if (value !== undefined) entries.push([key, value]);
  }
  return entries;
}

/** Returns the key that belongs to a look-up key. */
export const keyOf = ({ keys }: RegoObject, mapKey: MapKey): Value => keys?.get(mapKey) ?? mapKey;
