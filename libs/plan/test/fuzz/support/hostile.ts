import fc from 'fast-check';
import type { Value } from '../../../src/index.js';
import type { Argument } from './arbitraries.js';
import type { DeclaredType } from './capabilities.js';
import { fragmentsOf } from './fragments.js';
import type { Language } from './fragments.js';

/** The characters of a hostile text. */
const LENGTH = 200_000;
/** The items of a hostile collection. */
const ITEMS = 20_000;

/** A long text that repeats some pieces of a language, between two others. */
export function hostileText(language: Language): fc.Arbitrary<string> {
  const piece = fc.constantFrom(...fragmentsOf(language), ...fragmentsOf('any'));
  const pieces = fc.array(piece, { minLength: 1, maxLength: 3 }).map((list) => list.join(''));
  return fc
    .tuple(
      fc.constantFrom('', ...fragmentsOf(language)),
      pieces,
      fc.constantFrom('', ...fragmentsOf(language)),
    )
    .map(([first, middle, last]) => first + middle.repeat(Math.ceil(LENGTH / middle.length)) + last);
}

/** An argument that takes long, for a type. */
export function hostileArgument(language: Language, type: DeclaredType): fc.Arbitrary<Argument> {
  if (type.kind === 'set') return fc.constant({ set: hostileItems(language) });
  return hostileValue(language, type).map((value) => ({ value }));
}

function hostileValue(language: Language, type: DeclaredType): fc.Arbitrary<Value> {
  switch (type.kind) {
    case 'number':
      return fc.constantFrom<Value>(-1, 0, 1, 100_000);
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      if (type.tuple.length > 0) return fc.tuple(...type.tuple.map((item) => hostileValue(language, item)));
      return fc.oneof(
        fc.constant(hostileItems(language)),
        hostileText(language).map((text) => [text]),
      );
    case 'object':
      return fc.oneof(fc.constant(hostileObject(language)), fc.constant(deep()));
    case 'any':
      if (type.of.length > 0) return fc.oneof(...type.of.map((one) => hostileValue(language, one)));
      return fc.oneof(hostileText(language), fc.constant(hostileObject(language)), fc.constant(deep()));
    default:
      return hostileText(language);
  }
}

function hostileItems(language: Language): readonly string[] {
  const pieces = fragmentsOf(language);
  return Array.from({ length: ITEMS }, (_, index) => `${pieces[index % pieces.length] ?? ''}${index}`);
}

const hostileObject = (language: Language): Value =>
  Object.fromEntries(hostileItems(language).map((item, index) => [item, hostileItem(index)]));

const hostileItem = (index: number): Value => (index % 2 === 0 ? [String(index)] : String(index));

function deep(): Value {
  let value: Value = {};
  for (let depth = 0; depth < 500; depth++) value = { a: value, b: [depth] };
  return value;
}
