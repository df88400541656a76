import type { Value } from '../../values/index.js';
import { entriesOf, isArray, isNumber, isObject, keyText, numberText } from '../../values/index.js';
import { compareBytes } from '../go/bytes.js';
import { formatFloat } from '../go/float.js';
import type { ObjectValue } from '../operands.js';
import { elementsOf } from '../operands.js';

/** An integer that a template computes. Numbers of the data are strings in Go. */
export class GoInteger {
  constructor(readonly value: bigint) {}
}

/** A floating-point number of a template. */
export class GoFloat {
  constructor(readonly value: number) {}
}

/** A value in a template. Undefined means no value, and null is Go's nil. */
export type Datum = Value | GoInteger | GoFloat | undefined;

/** The text of a value that is a string in Go: a string or a number of the data. */
export function textOfDatum(datum: Datum): string | undefined {
  if (typeof datum === 'string') return datum;
  return isData(datum) && isNumber(datum) ? numberText(datum) : undefined;
}

/** Whether a value comes from the data. */
function isData(datum: Datum): datum is Value {
  return datum !== undefined && !(datum instanceof GoInteger) && !(datum instanceof GoFloat);
}

/** The elements of an array. */
export function arrayOf(datum: Datum): readonly Value[] | undefined {
  return isData(datum) && isArray(datum) ? (elementsOf(datum) ?? []) : undefined;
}

/** A value that has fields. */
export function objectOf(datum: Datum): ObjectValue | undefined {
  return isData(datum) && isObject(datum) ? datum : undefined;
}

/** The fields of an object in the order of their names' bytes. */
export function fieldsOf(object: ObjectValue): [name: string, value: Value][] {
  return entriesOf(object)
    .map(([key, value]): [string, Value] => [keyText(key), value])
    .sort(([left], [right]) => compareBytes(left, right));
}

/** Go's name of a value's type. */
export function typeOf(datum: Datum): string {
  if (datum instanceof GoInteger) return 'int';
  if (datum instanceof GoFloat) return 'float64';
  if (typeof datum === 'string') return 'string';
  if (typeof datum === 'boolean') return 'bool';
  if (arrayOf(datum)) return '[]interface {}';
  if (objectOf(datum)) return 'map[string]interface {}';
  return datum === undefined || datum === null ? '<nil>' : 'json.Number';
}

/** Whether a value counts as true. Every number of the data does. */
export function isTrue(datum: Datum): boolean {
  if (datum instanceof GoInteger) return datum.value !== 0n;
  if (datum instanceof GoFloat) return datum.value !== 0;
  if (datum === undefined || datum === null) return false;
  if (typeof datum === 'boolean') return datum;
  const text = textOfDatum(datum);
  if (text !== undefined) return text !== '';
  const object = objectOf(datum);
  return object ? fieldsOf(object).length > 0 : (arrayOf(datum)?.length ?? 0) > 0;
}

/** A value as Go's `%v` writes it. */
export function printed(datum: Datum): string {
  if (datum instanceof GoInteger) return datum.value.toString();
  if (datum instanceof GoFloat) return formatFloat(datum.value, 'g', -1);
  if (datum === undefined || datum === null) return '<nil>';
  if (typeof datum === 'boolean') return String(datum);
  const text = textOfDatum(datum);
  if (text !== undefined) return text;
  const object = objectOf(datum);
  if (!object) return `[${(arrayOf(datum) ?? []).map(printed).join(' ')}]`;
  return `map[${fieldsOf(object)
    .map(([name, value]) => `${name}:${printed(value)}`)
    .join(' ')}]`;
}
