/**
 * What an object of a message is: one of the protocol, a JSON Schema, a map of names that a schema defines to schemas, or
 * a value within a schema.
 */
export type Zone = 'protocol' | 'schema' | 'names' | 'value';

const SCHEMAS = new Set(['inputSchema', 'outputSchema']);
const NAMES = new Set([
  'properties',
  'patternProperties',
  '$defs',
  'definitions',
  'dependentSchemas',
  'dependentRequired',
  'dependencies',
]);
const VALUES = new Set(['const', 'default', 'enum', 'example', 'examples']);

/** Whether a member of a tool is a JSON Schema. */
export const isSchemaMember = (key: string): boolean => SCHEMAS.has(key);

/**
 * What a member of a schema's part is. The keys of `properties`, `$defs` and the like are names of the tool's own: every
 * reader takes these as a map, and `Task` there is no misspelt `task`.
 *
 * @param zone - what the part is
 */
export function schemaZone(zone: Zone, key: string): Zone {
  if (zone === 'value') return 'value';
  if (zone === 'names') return 'schema';
  if (NAMES.has(key)) return 'names';
  return VALUES.has(key) ? 'value' : 'schema';
}
