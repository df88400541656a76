import { spend } from './work.js';

/** The order of two strings by their bytes in UTF-8: negative, zero or positive. */
export function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  const shorter = Math.min(a.length, b.length);
  for (let index = 0; index < shorter; index++) {
    const ours = a.charCodeAt(index);
    const theirs = b.charCodeAt(index);
    if (ours !== theirs) return rank(ours) - rank(theirs);
    if ((index & 255) === 255) spend(4);
  }
  return a.length - b.length;
}

/** UTF-16 sorts surrogates before U+E000. UTF-8 sorts the characters that they encode after U+FFFF. */
const rank = (unit: number) => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x2_0000 : unit);

/** Replaces each half of a surrogate pair by U+FFFD, as OPA does, because UTF-8 cannot hold the half. */
export const wellFormed = (text: string): string => text.toWellFormed();
