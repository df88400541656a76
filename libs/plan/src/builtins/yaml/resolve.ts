import { attempt } from '../failure.js';
import { formatFloat } from '../go/float.js';
import { parseTime } from '../go/layout-parse.js';

/** The value of a plain scalar, by the rules of OPA's library: YAML 1.2 with octal numbers of YAML 1.1. */
export type Scalar =
  | { readonly type: 'null' }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'integer'; readonly value: bigint }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'timestamp' }
  | { readonly type: 'merge' }
  | { readonly type: 'string' };

const WORDS: ReadonlyMap<string, Scalar> = new Map<string, Scalar>([
  ...['', '~', 'null', 'Null', 'NULL'].map((word) => [word, { type: 'null' }] as const),
  ...['true', 'True', 'TRUE'].map((word) => [word, { type: 'boolean', value: true }] as const),
  ...['false', 'False', 'FALSE'].map((word) => [word, { type: 'boolean', value: false }] as const),
  ...['.nan', '.NaN', '.NAN'].map((word) => [word, { type: 'float', value: NaN }] as const),
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map(
    (word) => [word, { type: 'float', value: Infinity }] as const,
  ),
  ...['-.inf', '-.Inf', '-.INF'].map((word) => [word, { type: 'float', value: -Infinity }] as const),
  ['<<', { type: 'merge' }],
]);
const STRING: Scalar = { type: 'string' };
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const INTEGER = /^([-+]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)$/;
const TIMESTAMPS = [
  '2006-1-2T15:4:5.999999999Z07:00',
  '2006-1-2t15:4:5.999999999Z07:00',
  '2006-1-2 15:4:5.999999999',
  '2006-1-2',
];
const LIMIT = 2n ** 64n;
const MIN_INT64 = -(2n ** 63n);

/** Resolves a plain scalar to its value. */
export function resolveScalar(text: string): Scalar {
  const word = WORDS.get(text);
  if (word) return word;
  if (text.startsWith('.')) return resolveFloat(text) ?? STRING;
  if (!/^[-+0-9]/.test(text)) return STRING;
  if (isTimestamp(text)) return { type: 'timestamp' };
  const plain = text.replaceAll('_', '');
  return resolveInteger(plain) ?? resolveFloat(plain) ?? STRING;
}

/** A number as Go writes it in YAML. */
export function floatScalar(value: number): string {
  if (Number.isNaN(value)) return '.nan';
  if (!Number.isFinite(value)) return value > 0 ? '.inf' : '-.inf';
  return formatFloat(value, 'g', -1);
}

function isTimestamp(text: string): boolean {
  if (!/^\d{4}-/.test(text)) return false;
  return TIMESTAMPS.some((layout) => attempt(() => parseTime(layout, text)) !== undefined);
}

function resolveInteger(text: string): Scalar | undefined {
  const [, sign, digits = ''] = INTEGER.exec(text) ?? [];
  if (sign === undefined) return undefined;
  const octal = /^0[oO]?([0-7]+)$/.exec(digits);
  const magnitude = BigInt(octal ? `0o${octal[1] ?? ''}` : digits);
  const value = sign === '-' ? -magnitude : magnitude;
  return value >= LIMIT || value < MIN_INT64 ? undefined : { type: 'integer', value };
}

function resolveFloat(text: string): Scalar | undefined {
  const value = FLOAT.test(text) ? Number(text) : Infinity;
  return Number.isFinite(value) ? { type: 'float', value } : undefined;
}
