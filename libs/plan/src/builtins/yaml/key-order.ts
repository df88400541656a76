import { isDigit, isLetter } from '../go/unicode.js';

/** The natural order of OPA's library. Numbers inside keys are compared as numbers, and letters come last. */
export function compareKeys(left: string, right: string): number {
  const [a, b] = [Array.from(left), Array.from(right)];
  let isAfterDigit = false;
  const shorter = Math.min(a.length, b.length);
  for (let index = 0; index < shorter; index++) {
    const [x = '', y = ''] = [a[index], b[index]];
    if (x === y) {
      isAfterDigit = isDigit(x);
      continue;
    }
    const letters = [isLetter(x), isLetter(y)] as const;
    if (letters[0] && letters[1]) return byCode(x, y);
    if (letters[0] || letters[1]) return letters[0] === isAfterDigit ? -1 : 1;
    return compareNumbersAt(a, b, index) || byCode(x, y);
  }
  return a.length - b.length;
}

function compareNumbersAt(a: readonly string[], b: readonly string[], index: number): number {
  const prefix = hasNumberBefore(a, b, index) ? '1' : '';
  const [left, right] = [digitsFrom(a, index), digitsFrom(b, index)];
  const [x, y] = [BigInt(prefix + left || '0'), BigInt(prefix + right || '0')];
  if (x !== y) return x < y ? -1 : 1;
  return left.length - right.length;
}

/** A zero behind other digits counts. */
function hasNumberBefore(a: readonly string[], b: readonly string[], index: number): boolean {
  if (a[index] !== '0' && b[index] !== '0') return false;
  for (let before = index - 1; before >= 0 && isDigit(a[before] ?? ''); before--) {
    if (a[before] !== '0') return true;
  }
  return false;
}

function digitsFrom(runes: readonly string[], index: number): string {
  let end = index;
  while (/^[0-9]$/.test(runes[end] ?? '')) end++;
  return runes.slice(index, end).join('');
}

function byCode(left: string, right: string): number {
  return (left.codePointAt(0) ?? 0) - (right.codePointAt(0) ?? 0);
}
