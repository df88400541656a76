import type { Value } from '../values/index.js';
import { numberFromInteger, toJson } from '../values/index.js';
import type { BuiltinContext, Builtins } from './builtin.js';
import { stringOperand } from './operands.js';

const PLAIN = /^[0-9a-f]{32}$/i;
const DASHED = /^([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})$/i;
/** UUIDs count units of 100 ns from 1582-10-15. */
const UNITS_TO_1970 = 122_192_928_000_000_000n;
const DOMAINS = ['Person', 'Group', 'Org'];

/** `uuid.*` */
export const uuid: Builtins = {
  'uuid.rfc4122': (context, name = null) => randomUuid(context, name),
  'uuid.parse': (_context, text) => {
    const bytes = parseUuid(stringOperand(text, 1));
    return bytes && describe(bytes);
  },
};

/** A random UUID. Within one evaluation the same name gives the same UUID. */
function randomUuid(context: BuiltinContext, name: Value): string {
  const key = `uuid.rfc4122 ${toJson(name)}`;
  const earlier = context.cache.get(key);
  if (typeof earlier === 'string') return earlier;
  const bytes = Buffer.from(context.randomBytes(16));
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  const id = bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  context.cache.set(key, id);
  return id;
}

/** Reads the four forms that OPA accepts: with dashes, in braces, as a URN, without dashes. */
function parseUuid(text: string): Buffer | undefined {
  if (PLAIN.test(text)) return Buffer.from(text, 'hex');
  let dashed = text;
  if (Buffer.byteLength(text) === 38) dashed = text.slice(1, 37);
  if (/^urn:uuid:/i.test(text)) dashed = text.slice(9);
  return DASHED.test(dashed) ? Buffer.from(dashed.replaceAll('-', ''), 'hex') : undefined;
}

function describe(bytes: Buffer): Value {
  const version = bytes.readUInt8(6) >> 4;
  const common = { version, variant: variantOf(bytes.readUInt8(8)) };
  if (version !== 1 && version !== 2) return common;
  const node = bytes.subarray(10);
  const timed = {
    ...common,
    time: timeOf(bytes),
    nodeid: [...node].map((byte) => byte.toString(16).padStart(2, '0')).join('-'),
    macvariables: `${(node.readUInt8(0) & 2) === 0 ? 'global' : 'local'}:${(node.readUInt8(0) & 1) === 0 ? 'unicast' : 'multicast'}`,
    clocksequence: bytes.readUInt16BE(8) & 0x3fff,
  };
  if (version === 1) return timed;
  const domain = bytes.readUInt8(9);
  return { ...timed, id: bytes.readUInt32BE(0), domain: DOMAINS[domain] ?? `Domain${domain}` };
}

function variantOf(byte: number): string {
  if ((byte & 0xc0) === 0x80) return 'RFC4122';
  if ((byte & 0xe0) === 0xc0) return 'Microsoft';
  return (byte & 0xe0) === 0xe0 ? 'Future' : 'Reserved';
}

function timeOf(bytes: Buffer): Value {
  const high = BigInt(bytes.readUInt16BE(6) & 0xfff);
  const units = (high << 48n) | (BigInt(bytes.readUInt16BE(4)) << 32n) | BigInt(bytes.readUInt32BE(0));
  return numberFromInteger(BigInt.asIntN(64, (units - UNITS_TO_1970) * 100n));
}
