import { duplicateKey } from '../../contracts/index.js';
import { foldCase } from './fold-case.js';
import { isSchemaMember, schemaZone } from './json-schema.js';
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
  /** Parts of the message in which only a key that stands there twice is wrong. */
  readonly exact?: readonly unknown[];
  /** Whether the message may hold JSON Schemas, whose property names are no protocol's: a server's may. */
  readonly hasSchemas?: boolean;
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
  const exact = new Set(rules.exact);
  // Messages may be nested deeper than functions can call themselves.
  const open: Open[] = [{ value, zone: 'protocol' }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value: parent, zone } = next;
    if (exact.has(parent)) continue;
    const keys = Array.isArray(parent) ? [] : Object.keys(parent);
    const message = wrongAmong(keys, zone);
    if (message !== undefined) return { isTop: parent === value, message };
    if (Array.isArray(parent)) for (const item of parent as unknown[]) add(open, item, zone);
    else {
      for (const key of keys) {
        add(open, (parent as Readonly<Record<string, unknown>>)[key], zoneOf(key, zone, rules));
      }
    }
  }
  return undefined;
}

function add(open: Open[], value: unknown, zone: Zone): void {
  if (typeof value === 'object' && value !== null) open.push({ value, zone });
}

function wrongAmong(keys: readonly string[], zone: Zone): string | undefined {
  const folds = new Set<string>();
  for (const key of keys) {
    const folded = foldCase(key);
    if (folds.has(folded)) return 'The message holds two keys that differ only in case';
    folds.add(folded);
    const proper = zone === 'protocol' || zone === 'schema' ? protocolSpelling(folded) : undefined;
    if (proper !== undefined && proper !== key) return `The message spells a key otherwise than "${proper}"`;
  }
  return undefined;
}

function zoneOf(key: string, zone: Zone, { hasSchemas = false }: KeyRules): Zone {
  if (zone !== 'protocol') return schemaZone(zone, key);
  return hasSchemas && isSchemaMember(key) ? 'schema' : 'protocol';
}
