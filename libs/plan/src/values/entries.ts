import { fromCaller } from './kinds.js';
import { RegoObject } from './value.js';
import type { JsonObject, Value } from './value.js';

/** An object's entries as they come. */
export function* entriesInAnyOrder(object: JsonObject | RegoObject): Generator<readonly [Value, Value]> {
  if (object instanceof RegoObject) {
    for (const [mapKey, value] of object.values) yield [keyOf(object, mapKey), value];
    return;
  }
  for (const key of Object.keys(object)) {
    const value = fromCaller(object[key]);
    if (value !== undefined) yield [key, value];
  }
}

/** The key itself, of what it is found by. */
export const keyOf = ({ keys }: RegoObject, mapKey: string | number | boolean | null): Value =>
  keys?.get(mapKey) ?? mapKey;
