import type { Builtins } from './builtin.js';
import { BuiltinError } from './builtin.js';
import { goQuote } from './go/quote.js';
import { stringOperand } from './operands.js';

interface Version {
  readonly numbers: readonly [bigint, bigint, bigint];
  readonly preRelease: readonly string[];
}

/** The numbers of a version are integers of 64 bits. */
const VERSION =
  /^v?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?$/;
const LIMIT = 2n ** 63n;

/**
 * `semver.*`. The package `semver` is not used: it refuses numbers above 2^53, which OPA accepts, and sorts them
 * differently.
 */
export const semver: Builtins = {
  'semver.is_valid': (_context, text) => typeof text === 'string' && parseVersion(text) !== undefined,
  'semver.compare': (_context, left, right) => {
    const texts = [stringOperand(left, 1), stringOperand(right, 2)] as const;
    return compareVersions(version(texts[0], 1), version(texts[1], 2));
  },
};

function version(text: string, position: number): Version {
  const parsed = parseVersion(text);
  if (!parsed) throw new BuiltinError(`operand ${position}: string ${goQuote(text)} is not a valid SemVer`);
  return parsed;
}

function parseVersion(text: string): Version | undefined {
  const match = VERSION.exec(text);
  if (!match) return undefined;
  const [, major = '', minor = '', patch = '', pre] = match;
  const numbers = [BigInt(major), BigInt(minor), BigInt(patch)] as const;
  const preRelease = pre === undefined ? [] : pre.split('.');
  const isValid =
    numbers.every((number) => number < LIMIT) && !preRelease.some((part) => /^0\d+$/.test(part));
  return isValid ? { numbers, preRelease } : undefined;
}

function compareVersions(left: Version, right: Version): number {
  for (const [index, number] of left.numbers.entries()) {
    const other = right.numbers[index] ?? 0n;
    if (number !== other) return number > other ? 1 : -1;
  }
  return comparePreReleases(left.preRelease, right.preRelease);
}

function comparePreReleases(left: readonly string[], right: readonly string[]): number {
  if (left.length === 0 || right.length === 0) return Math.sign(right.length - left.length);
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const order = compareParts(left[index], right[index]);
    if (order !== 0) return order;
  }
  return 0;
}

/**
 * Compares two parts of a version. Numbers come before texts. A number too large for OPA counts as the largest
 * number.
 */
function compareParts(left: string | undefined, right: string | undefined): number {
  if (left === undefined || right === undefined) return left === undefined ? -1 : 1;
  const isNumber = [/^\d+$/.test(left), /^\d+$/.test(right)] as const;
  if (isNumber[0] !== isNumber[1]) return isNumber[0] ? -1 : 1;
  if (!isNumber[0]) return left === right ? 0 : left > right ? 1 : -1;
  const [a, b] = [clamp(BigInt(left)), clamp(BigInt(right))];
  return a === b ? 0 : a > b ? 1 : -1;
}

function clamp(number: bigint): bigint {
  return number < LIMIT ? number : LIMIT - 1n;
}
