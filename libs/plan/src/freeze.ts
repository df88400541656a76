import type { Value } from './values/index.js';

/** Freezes a JSON value and all values inside it. */
export function freeze(value: unknown): Value {
  const waiting = [value];
  for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) {
    if (typeof item !== 'object' || item === null || Object.isFrozen(item)) continue;
    Object.freeze(item);
    for (const part of Object.values(item)) if (typeof part === 'object' && part !== null) waiting.push(part);
  }
  return value as Value;
}
