import { isString, ofStrings } from './builtin.js';
import type { Builtins } from './builtin.js';

interface Version {
  readonly core: readonly bigint[];
  /** Empty for a release. */
  readonly pre: readonly string[];
}

const META = '[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*';
const VERSION = new RegExp(`^v?(\\d+)\\.(\\d+)\\.(\\d+)(?:-(${META}))?(?:\\+${META})?$`);
const LEADING_ZERO = /^0\d+$/;
const MAX_INT64 = 2n ** 63n - 1n;

function parse(text: string): Version | undefined {
  const match = VERSION.exec(text);
  if (match === null) return undefined;
  const [, major = '', minor = '', patch = '', pre] = match;
  const identifiers = pre === undefined ? [] : pre.split('.');
  if ([major, minor, patch, ...identifiers].some((part) => LEADING_ZERO.test(part))) return undefined;
  const core = [BigInt(major), BigInt(minor), BigInt(patch)];
  return core.some((part) => part > MAX_INT64) ? undefined : { core, pre: identifiers };
}

function order<T extends bigint | string | number>(a: T, b: T): number {
  if (a === b) return 0;
  return a > b ? 1 : -1;
}

function orderIdentifiers(a: string, b: string): number {
  const [aIsNumber, bIsNumber] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (aIsNumber && bIsNumber) return order(BigInt(a), BigInt(b));
  // A number comes before a word.
  return aIsNumber === bIsNumber ? order(a, b) : order(Number(bIsNumber), Number(aIsNumber));
}

function orderPre(a: readonly string[], b: readonly string[]): number {
  // A release comes after its own pre-releases.
  if (a.length === 0 || b.length === 0) return order(b.length, a.length) && (a.length === 0 ? 1 : -1);
  for (const [index, identifier] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    const result = orderIdentifiers(identifier, other);
    if (result !== 0) return result;
  }
  return order(a.length, b.length);
}

function compare(a: Version, b: Version): number {
  for (const [index, part] of a.core.entries()) {
    const result = order(part, b.core[index] ?? 0n);
    if (result !== 0) return result;
  }
  return orderPre(a.pre, b.pre);
}

/** Semantic versions; a leading `v` is taken, as in OPA. */
export const semver: Builtins = {
  // Anything but a version is `false` here, not a builtin error.
  'semver.is_valid': (text) => isString(text) && parse(text) !== undefined,
  'semver.compare': ofStrings((left = '', right = '') => {
    const [a, b] = [parse(left), parse(right)];
    return a === undefined || b === undefined ? undefined : compare(a, b);
  }),
};
