/**
 * What an object of a message is: one of the protocol, the arguments of a call, a JSON Schema, a map of names that a
 * schema defines to schemas, or a value whose keys are a tool's own.
 */
export type Zone = 'protocol' | 'arguments' | 'schema' | 'names' | 'value';

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

/** Members of a server's message that hold what the server likes: a tool's output, and of logs and errors what they add. */
const FREE = new Set(['structuredContent', 'data']);

/** What a member of a server's message is. */
export const serverZone = (key: string): Zone => {
  if (SCHEMAS.has(key)) return 'schema';
  return FREE.has(key) ? 'value' : 'protocol';
};

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
