import { entriesOf, fromCaller, isSet, itemsOf, RegoNumber } from '../values/index.js';
import type { JsonObject, RegoObject, Value } from '../values/index.js';

/** The entries that a loop visits, by position. */
export interface Scan {
  readonly length: number;
  key(index: number): Value;
  value(index: number): Value;
}

/** The entries of a value in OPA's order. A scalar has none. */
export function scan(value: Value | undefined): Scan {
  if (typeof value !== 'object' || value === null) return NOTHING;
  if (Array.isArray(value)) return new ArrayScan(value);
  if (isSet(value)) return new SetScan(itemsOf(value));
  if (value instanceof RegoNumber) return NOTHING;
  return new EntryScan(entriesOf(value as JsonObject | RegoObject));
}

class ArrayScan implements Scan {
  readonly length: number;
  constructor(private readonly items: readonly unknown[]) {
    this.length = items.length;
  }
  key(index: number): Value {
    return index;
  }
  value(index: number): Value {
    return fromCaller(this.items[index]) ?? null;
  }
}

class SetScan implements Scan {
  readonly length: number;
  constructor(private readonly items: readonly Value[]) {
    this.length = items.length;
  }
  key(index: number): Value {
    return this.items[index] ?? null;
  }
  value(index: number): Value {
    return this.items[index] ?? null;
  }
}

class EntryScan implements Scan {
  readonly length: number;
  constructor(private readonly entries: readonly (readonly [Value, Value])[]) {
    this.length = entries.length;
  }
  key(index: number): Value {
    return this.entries[index]?.[0] ?? null;
  }
  value(index: number): Value {
    return this.entries[index]?.[1] ?? null;
  }
}

const NOTHING: Scan = new ArrayScan([]);
