import { describe, expect, it } from '@jest/globals';
import { foldCase } from '../src/protocol/keys/index.js';

const CHARACTERS = Array.from({ length: 0x11_0000 }, (_none, code) => code)
  .filter((code) => code < 0xd800 || code > 0xdfff)
  .map((code) => String.fromCodePoint(code));

describe('foldCase', () => {
  it.each([
    ['Name', 'name'],
    ['paramſ', 'params'],
    ['toKen', 'token'],
    ['STRAẞE', 'straße'],
    ['ΣΑΣ', 'σας'],
    ['Ǆ', 'ǅ'],
    ['ΐ', 'ΐ'],
    ['ﬅ', 'ﬆ'],
    ['Ꭰ', 'ꭰ'],
    ['\ud801\udc00', '\ud801\udc28'],
    ['a\ud800', 'a\udc00'],
    ['', ''],
  ])('takes %j and %j for one key', (one, other) => {
    expect(foldCase(one)).toBe(foldCase(other));
  });

  it.each([
    ['İd', 'id'],
    ['ıd', 'id'],
    ['ß', 'ss'],
    ['ﬁ', 'fi'],
    ['é', 'e\u0301'],
    ['_id', 'id'],
    ['__proto__', 'proto'],
  ])('takes %j and %j for two keys', (one, other) => {
    expect(foldCase(one)).not.toBe(foldCase(other));
  });

  it('folds every character to one that Unicode says is equal, and no two that differ', () => {
    const folds = new Map<string, string[]>();
    for (const character of CHARACTERS) {
      const fold = foldCase(character);
      folds.set(fold, [...(folds.get(fold) ?? []), character]);
    }
    // The flags `iu` compare by simple case folding.
    const mismatched = [...folds].filter(([, [first = '', ...others]]) => {
      const pattern = others.length === 0 ? undefined : new RegExp(`^\\u{${hex(first)}}$`, 'iu');
      return others.some((other) => pattern?.test(other) === false);
    });
    expect(mismatched).toEqual([]);
    const heads = [...folds.keys()].filter((fold) => /^\p{Changes_When_Casemapped}$/u.test(fold));
    expect(heads.length).toBeGreaterThan(1_000);
    const all = heads.join('');
    const missed = heads.filter((head) => {
      const equal = all.match(new RegExp(`\\u{${hex(head)}}`, 'giu')) ?? [];
      return equal.length > 1;
    });
    expect(missed).toEqual([]);
  });
});

const hex = (character: string): string => (character.codePointAt(0) ?? 0).toString(16);
