import { firstAtom } from './regex-cost.js';

/** The numbers of the groups by name, in ascending order. */
export type GroupNames = ReadonlyMap<string, readonly number[]>;

const NAME = /\?P?<([^>]*)>/y;

/** Removes the names of the groups from a regular expression, and returns the numbers of the groups by name. */
export function withoutNames(source: string): { readonly pattern: string; readonly groups: GroupNames } {
  const groups = new Map<string, number[]>();
  let pattern = '';
  let count = 0;
  for (let index = 0; index < source.length;) {
    const text = firstAtom(source, index);
    pattern += text;
    index += text.length;
    if (text !== '(') continue;
    NAME.lastIndex = index;
    const [prefix = '', name] = NAME.exec(source) ?? [];
    if (name !== undefined || source.charAt(index) !== '?') count++;
    if (name !== undefined) groups.set(name, [...(groups.get(name) ?? []), count]);
    index += prefix.length;
  }
  return { pattern, groups };
}
