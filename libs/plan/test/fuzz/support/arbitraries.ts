import fc from 'fast-check';
import { equals, numberFromText } from '../../../src/values/index.js';
import type { Value } from '../../../src/values/index.js';
import { ANY } from './capabilities.js';
import type { DeclaredType } from './capabilities.js';
import { fragmentsOf } from './fragments.js';
import type { Language } from './fragments.js';

/** An argument as the policy of the fuzz reads it: JSON holds neither sets nor objects with any keys. */
export type Argument =
  | { readonly value: Value }
  | { readonly set: readonly Value[] }
  | { readonly sets: readonly (readonly Value[])[] }
  | { readonly entries: readonly (readonly [Value, Value])[] };

const KEYS = ['a', 'b', 'c', '0', '1', '__proto__', 'constructor', '', 'é'];

const NUMBERS = [
  '2.0',
  '1e400',
  '100000000000000000000',
  '0.1000',
  '9007199254740993',
  '1.5e300',
  '0.30000000000000000001',
  '1e-7',
  '-0.5',
  '1e2',
  '-1.50',
].map(numberFromText);

const smallNumber = fc.oneof(fc.integer({ min: -3, max: 12 }), fc.integer({ min: -300, max: 300 }));

/** A number. Where a builtin makes as much as the number says, it is small. */
const numberOf = (isSmall: boolean): fc.Arbitrary<Value> =>
  isSmall
    ? smallNumber
    : fc.oneof(
        smallNumber,
        fc.constantFrom<Value>(...NUMBERS),
        fc.maxSafeInteger(),
        fc.double({ noNaN: true, noDefaultInfinity: true }).map((double) => (double === 0 ? 0 : double)),
        fc.integer({ min: -999_999, max: 999_999 }).map((number) => number / 1_000),
      );

/** A text of some pieces of a language, or of anything. */
export const textOf = (language: Language): fc.Arbitrary<string> =>
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc
        .array(fc.constantFrom(...fragmentsOf(language)), { maxLength: 9 })
        .map((pieces) => pieces.join('')),
    },
    { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 12 }) },
    { weight: 1, arbitrary: fc.constantFrom(...fragmentsOf('any'), '') },
  );

const objectOf = (key: fc.Arbitrary<string>, value: fc.Arbitrary<Value>): fc.Arbitrary<Value> =>
  fc.array(fc.tuple(key, value), { maxLength: 4 }).map((entries) => Object.fromEntries(entries));

/** Any JSON. */
export function anyValue(language: Language, isSmall: boolean): fc.Arbitrary<Value> {
  const text = textOf(language);
  const scalar = fc.oneof<fc.Arbitrary<Value>[]>(text, numberOf(isSmall), fc.boolean(), fc.constant(null));
  const key = fc.oneof(fc.constantFrom(...KEYS), text);
  const { node } = fc.letrec<{ node: Value }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      scalar,
      fc.array(tie('node'), { maxLength: 4 }),
      objectOf(key, tie('node')),
    ),
  }));
  return node;
}

/** Arguments of one builtin, by the types that OPA declares. */
export class Arguments {
  readonly #text: fc.Arbitrary<string>;
  readonly #number: fc.Arbitrary<Value>;
  readonly #any: fc.Arbitrary<Value>;

  constructor(language: Language, isSmall: boolean) {
    this.#text = textOf(language);
    this.#number = numberOf(isSmall);
    this.#any = anyValue(language, isSmall);
  }

  /** An argument of a type. One of twenty has another type. */
  of(type: DeclaredType): fc.Arbitrary<Argument> {
    const wrong = this.#any.map((value): Argument => ({ value }));
    return fc.oneof({ weight: 19, arbitrary: this.#right(type) }, { weight: 1, arbitrary: wrong });
  }

  #right(type: DeclaredType): fc.Arbitrary<Argument> {
    const json = this.#value(type).map((value): Argument => ({ value }));
    switch (type.kind) {
      case 'any':
        if (type.of.length > 0) return fc.oneof(...type.of.map((one) => this.#right(one)));
        return fc.oneof(json, this.#setOf(ANY), this.#entriesOf(ANY));
      case 'set':
        return this.#setOf(type.item);
      case 'object':
        return type.key.kind === 'any' ? fc.oneof(json, this.#entriesOf(type.value)) : json;
      default:
        return json;
    }
  }

  #setOf(item: DeclaredType): fc.Arbitrary<Argument> {
    if (item.kind === 'set') {
      return fc.array(fc.array(this.#any, { maxLength: 3 }), { maxLength: 4 }).map((sets) => ({ sets }));
    }
    return fc.array(this.#value(item), { maxLength: 5 }).map((set) => ({ set }));
  }

  #entriesOf(value: DeclaredType): fc.Arbitrary<Argument> {
    const entry = fc.tuple(this.#any, this.#value(value));
    return fc
      .uniqueArray(entry, { maxLength: 4, comparator: equals, selector: ([key]) => key })
      .map((entries) => ({ entries }));
  }

  /** A value of a type, as far as JSON can hold it. */
  #value(type: DeclaredType): fc.Arbitrary<Value> {
    switch (type.kind) {
      case 'string':
        return this.#text;
      case 'number':
        return this.#number;
      case 'boolean':
        return fc.boolean();
      case 'null':
        return fc.constant(null);
      case 'set':
        return fc.array(this.#value(type.item), { maxLength: 4 });
      case 'array':
        if (type.tuple.length > 0) return fc.tuple(...type.tuple.map((item) => this.#value(item)));
        return fc.array(this.#value(type.item), { maxLength: 5 });
      case 'object':
        return this.#objectOf(type.fields, type.value);
      case 'any':
        return type.of.length > 0 ? fc.oneof(...type.of.map((one) => this.#value(one))) : this.#any;
    }
  }

  #objectOf(fields: readonly (readonly [string, DeclaredType])[], value: DeclaredType): fc.Arbitrary<Value> {
    const others = objectOf(fc.oneof(fc.constantFrom(...KEYS), this.#text), this.#value(value));
    if (fields.length === 0) return others;
    const known = Object.fromEntries(fields.map(([name, type]) => [name, this.#value(type)]));
    return fc.oneof(fc.record<Record<string, Value>>(known, { requiredKeys: [] }), others);
  }
}
