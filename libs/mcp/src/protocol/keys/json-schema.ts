/**
 * The role of an object in a message, which says whose keys the object has:
 *
 * - `protocol`: keys of MCP;
 * - `arguments`: argument names of a call;
 * - `schema`: keywords of JSON Schema;
 * - `names`: names that a schema defines, such as the keys of `properties`;
 * - `value`: any keys that a tool chooses.
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

/** Members of a server's message that hold any JSON: a tool's output, and the data of logs and errors. */
const FREE = new Set(['structuredContent', 'data']);

/** The zone of a member of a server's message. */
export const serverZone = (key: string): Zone => {
  if (SCHEMAS.has(key)) return 'schema';
  return FREE.has(key) ? 'value' : 'protocol';
};

/**
 * The zone of a member of a schema's object. The keys of `properties`, `$defs` and the like are names that the tool
 * chooses, so that `Task` there is no misspelled `task`.
 *
 * @param zone - the zone of the object
 */
export function schemaZone(zone: Zone, key: string): Zone {
  if (zone === 'value') return 'value';
  if (zone === 'names') return 'schema';
  if (NAMES.has(key)) return 'names';
  return VALUES.has(key) ? 'value' : 'schema';
}
