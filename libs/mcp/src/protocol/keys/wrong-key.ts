import { duplicateKey } from 'nestjs-opa/internal';
import { foldCase } from './fold-case.js';
import { schemaZone, serverZone } from './json-schema.js';
import type { Zone } from './json-schema.js';
import { protocolSpelling } from './protocol-names.js';

/** A key that two readers of a message may take for different ones. */
export interface WrongKey {
  /** Whether the key is one of the message's own, not of something in it. */
  readonly isTop: boolean;
  readonly message: string;
}

/** What {@link wrongKey} looks at. */
export interface KeyRules {
  /** The arguments of a call. */
  readonly arguments?: readonly unknown[];
  /** The names that the arguments may have in any spelling; with `'all'` only a key that stands there twice is wrong. */
  readonly argumentNames?: ReadonlySet<string> | 'all' | undefined;
  /** Whether a server has sent the message: it may hold JSON Schemas and structured content, whose names are a tool's. */
  readonly isServers?: boolean;
}

interface Open {
  readonly value: object;
  readonly zone: Zone;
}

/**
 * Looks for a key that another reader of a message may take for another key: one that an object has twice, also where
 * only the case differs, and a name of the protocol in another spelling. Go's `encoding/json` ignores the case of keys.
 *
 * @param text - the message
 * @param value - the same, parsed
 */
export function wrongKey(text: string, value: object, rules: KeyRules = {}): WrongKey | undefined {
  const twice = duplicateKey(text);
  if (twice !== undefined) return { isTop: twice.depth === 1, message: 'The message holds a key twice' };
  // Messages may be nested deeper than functions can call themselves.
  const open: Open[] = [{ value, zone: 'protocol' }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value: parent } = next;
    const zone = rules.arguments?.includes(parent) === true ? 'arguments' : next.zone;
    if (zone === 'arguments' && rules.argumentNames === 'all') continue;
    if (Array.isArray(parent)) {
      for (const item of parent as unknown[]) add(open, item, zone);
      continue;
    }
    const keys = Object.keys(parent);
    const message = wrongAmong(keys, zone, rules);
    if (message !== undefined) return { isTop: parent === value, message };
    for (const key of keys) {
      add(open, (parent as Readonly<Record<string, unknown>>)[key], zoneOf(key, zone, rules));
    }
  }
  return undefined;
}

function add(open: Open[], value: unknown, zone: Zone): void {
  if (typeof value === 'object' && value !== null) open.push({ value, zone });
}

function wrongAmong(keys: readonly string[], zone: Zone, { argumentNames }: KeyRules): string | undefined {
  const hasProtocolNames = zone !== 'names' && zone !== 'value';
  const declared = zone === 'arguments' && argumentNames instanceof Set ? argumentNames : undefined;
  // A message may have millions of objects with one key.
  const folds = keys.length > 1 ? new Set<string>() : undefined;
  for (const key of keys) {
    const folded = foldCase(key);
    if (folds?.has(folded) === true) return 'The message holds two keys that differ only in case';
    folds?.add(folded);
    const proper = hasProtocolNames ? protocolSpelling(folded) : undefined;
    if (proper === undefined || proper === key || declared?.has(key) === true) continue;
    return `The message spells a key otherwise than "${proper}"`;
  }
  return undefined;
}

function zoneOf(key: string, zone: Zone, { isServers = false }: KeyRules): Zone {
  if (zone === 'arguments') return zone;
  if (zone !== 'protocol') return schemaZone(zone, key);
  return isServers ? serverZone(key) : 'protocol';
}
