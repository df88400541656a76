import { isString, ofStrings } from './builtin.js';
import type { Builtin, Builtins } from './builtin.js';

function asStrings(value: unknown): string[] | undefined {
  const list = Array.isArray(value) ? (value as unknown[]) : [value];
  return list.every(isString) ? list : undefined;
}

function anyMatch(matches: (text: string, affix: string) => boolean): Builtin {
  return (search, base) => {
    const texts = asStrings(search);
    const affixes = asStrings(base);
    if (texts === undefined || affixes === undefined) return undefined;
    return texts.some((text) => affixes.some((affix) => matches(text, affix)));
  };
}

/** What `strings.*` OPA doesn't compile into the policy. */
export const strings: Builtins = {
  'strings.any_prefix_match': anyMatch((text, prefix) => text.startsWith(prefix)),
  'strings.any_suffix_match': anyMatch((text, suffix) => text.endsWith(suffix)),
  // An empty text is found before, between and after all code points.
  'strings.count': ofStrings((text = '', part = '') =>
    part === '' ? Array.from(text).length + 1 : text.split(part).length - 1,
  ),
};
