import type { Value } from '../../values/index.js';
import { keyText } from '../../values/index.js';
import { plainJson } from './keywords.js';
import type { Place } from './report.js';
import { Report } from './report.js';
import type { CompiledSchema } from './schema.js';

/** Checks the elements or properties of a collection. */
interface Validator {
  check(schema: CompiledSchema, value: Value, place: Place): Report;
}

/** Keywords of arrays */
export function checkArray(
  validator: Validator,
  schema: CompiledSchema,
  items: readonly Value[],
  place: Place,
  report: Report,
): void {
  checkItems(validator, schema, items, place, report);
  const { minItems, maxItems } = schema;
  if (minItems !== undefined && items.length < minItems) {
    report.add('array_min_items', place, `Array must have at least ${minItems} items`);
  }
  if (maxItems !== undefined && items.length > maxItems) {
    report.add('array_max_items', place, `Array must have at most ${maxItems} items`);
  }
  if (schema.uniqueItems) checkUnique(items, place, report);
  if (schema.contains) checkContains(validator, schema.contains, items, place, report);
  report.score++;
}

function checkItems(
  validator: Validator,
  { items: schemas, additionalItems }: CompiledSchema,
  items: readonly Value[],
  place: Place,
  report: Report,
): void {
  if (schemas === undefined) return;
  const at = (index: number): Place => [...place, index.toString()];
  if ('types' in schemas) {
    items.forEach((item, index) => report.merge(validator.check(schemas, item, at(index))));
    return;
  }
  if (schemas.length === 0) return;
  for (const [index, item] of items.entries()) {
    const schema = schemas[index];
    if (schema) report.merge(validator.check(schema, item, at(index)));
    else if (typeof additionalItems === 'object')
      report.merge(validator.check(additionalItems, item, at(index)));
  }
  if (items.length > schemas.length && additionalItems === false) {
    report.add('array_no_additional_items', place, 'No additional items allowed on array');
  }
}

function checkUnique(items: readonly Value[], place: Place, report: Report): void {
  const seen = new Map<string, number>();
  for (const [index, item] of items.entries()) {
    const json = plainJson(item);
    const earlier = seen.get(json);
    if (earlier !== undefined) report.add('unique', place, `array items[${earlier},${index}] must be unique`);
    seen.set(json, index);
  }
}

function checkContains(
  validator: Validator,
  schema: CompiledSchema,
  items: readonly Value[],
  place: Place,
  report: Report,
): void {
  let best: Report | undefined;
  for (const [index, item] of items.entries()) {
    const result = validator.check(schema, item, [...place, index.toString()]);
    if (result.isValid) return;
    if (!best || result.score > best.score) best = result;
  }
  report.add('contains', place, 'At least one of the items must match');
  if (best) report.merge(best);
}

/** Keywords of objects, but for `properties` */
export function checkObject(
  validator: Validator,
  schema: CompiledSchema,
  entries: readonly (readonly [Value, Value])[],
  place: Place,
  report: Report,
): void {
  const { minProperties, maxProperties, propertyNames } = schema;
  if (minProperties !== undefined && entries.length < minProperties) {
    report.add('array_min_properties', place, `Must have at least ${minProperties} properties`);
  }
  if (maxProperties !== undefined && entries.length > maxProperties) {
    report.add('array_max_properties', place, `Must have at most ${maxProperties} properties`);
  }
  const names = new Set(entries.map(([key]) => keyText(key)));
  for (const name of schema.required) {
    if (names.has(name)) report.score++;
    else report.add('required', place, `${name} is required`);
  }
  for (const [key, value] of entries) checkProperty(validator, schema, keyText(key), value, place, report);
  for (const name of propertyNames ? names : []) {
    const result = propertyNames ? validator.check(propertyNames, name, place) : new Report();
    if (result.isValid) continue;
    report.add('invalid_property_name', place, `Property name of "${name}" does not match`);
    report.merge(result);
  }
  report.score++;
}

/**
 * Checks a property. If neither `properties` nor `patternProperties` describes the property, `additionalProperties`
 * must allow it.
 */
function checkProperty(
  validator: Validator,
  { properties, patternProperties, additionalProperties }: CompiledSchema,
  name: string,
  value: Value,
  place: Place,
  report: Report,
): void {
  const matching = patternProperties.filter(({ pattern }) => pattern.test(name));
  for (const { schema } of matching) report.merge(validator.check(schema, value, [...place, name]));
  if (matching.length > 0) report.score++;
  if (matching.length > 0 || properties.has(name) || additionalProperties === undefined) return;
  if (typeof additionalProperties === 'object') {
    report.merge(validator.check(additionalProperties, value, [...place, name]));
  } else if (!additionalProperties) {
    report.add('additional_property_not_allowed', place, `Additional property ${name} is not allowed`);
  }
}
