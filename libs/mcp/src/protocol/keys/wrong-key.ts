import { duplicateKey } from 'nestjs-opa/internal';
import { foldCase } from './fold-case.js';
import { schemaZone, serverZone } from './json-schema.js';
import type { Zone } from './json-schema.js';
import { protocolSpelling } from './protocol-names.js';

/** A key that two programs could read as different keys. */
export interface WrongKey {
  /** Whether the key is a member of the message itself, not of an object in the message. */
  readonly isTop: boolean;
  readonly message: string;
}

/** Options of {@link wrongKey}. */
export interface KeyRules {
  /** The objects in the message that hold arguments of a call. */
  readonly arguments?: readonly unknown[];
  /** Argument names that pass in their own spelling. With `'all'`, only duplicate keys of arguments are wrong. */
  readonly argumentNames?: ReadonlySet<string> | 'all' | undefined;
  /** Whether an MCP server has sent the message, which may then hold JSON Schemas and structured content. */
  readonly isServers?: boolean;
}

interface Open {
  readonly value: object;
  readonly zone: Zone;
}

/**
 * Finds a key that two programs could read differently: a key that an object has twice (keys that differ only in case
 * count as the same), or a protocol name in another spelling. Go's `encoding/json` ignores the case of keys.
 *
 * @param text - the message
 * @param value - the parsed message
 */
export function wrongKey(text: string, value: object, rules: KeyRules = {}): WrongKey | undefined {
  const duplicate = duplicateKey(text);
  if (duplicate !== undefined)
    return { isTop: duplicate.depth === 1, message: 'The message holds a key twice' };
  // A stack of its own: a message can be nested deeper than the call stack allows.
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
  // No set for objects with one key: a message may have millions of such objects.
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
