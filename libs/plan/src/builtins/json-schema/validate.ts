import type { Value } from '../../values/index.js';
import { asInteger, entriesOf, get, isArray, isNumber, isObject } from '../../values/index.js';
import type { BuiltinContext } from '../builtin.js';
import { BuiltinError } from '../builtin.js';
import { elementsOf } from '../operands.js';
import { checkArray, checkObject } from './validate-collections.js';
import { checkCommon, checkNumber, checkText } from './validate-scalars.js';
import type { Place } from './report.js';
import { Report } from './report.js';
import type { CompiledSchema } from './schema.js';

const DEEPEST = 2_000;

/** Checks a document against a schema. */
export function validateDocument(context: BuiltinContext, schema: CompiledSchema, document: Value): Report {
  return new Validator(context).check(schema, document, []);
}

/** Checks values against schemas. */
export class Validator {
  #depth = 0;

  constructor(readonly context: BuiltinContext) {}

  /** Checks a value against an alternative that may fail, and returns a separate report. */
  check(schema: CompiledSchema, value: Value, place: Place): Report {
    const report = new Report();
    this.run(schema, value, place, report);
    return report;
  }

  run(schema: CompiledSchema, value: Value, place: Place, report: Report): void {
    this.context.checkDeadline();
    if (schema.pass !== undefined) {
      if (!schema.pass) report.add('false', place, 'False always fails validation');
      return;
    }
    this.#depth++;
    if (this.#depth > DEEPEST) throw new BuiltinError('the schema refers to itself without end');
    if (schema.reference) {
      this.run(schema.reference, value, place, report);
    } else if (this.#hasType(schema, value, place, report)) {
      this.#checkCombinations(schema, value, place, report);
      this.#checkValue(schema, value, place, report);
      report.score++;
    }
    this.#depth--;
  }

  #hasType({ types }: CompiledSchema, value: Value, place: Place, report: Report): boolean {
    const type = typeOf(value);
    if (types.length === 0 || types.includes(type) || (type === 'integer' && types.includes('number')))
      return true;
    const expected = types.length > 1 ? `[${types.join(',')}]` : types.join();
    report.add('invalid_type', place, `Invalid type. Expected: ${expected}, given: ${type}`);
    return false;
  }

  #checkValue(schema: CompiledSchema, value: Value, place: Place, report: Report): void {
    if (isArray(value)) {
      checkArray(this, schema, elementsOf(value) ?? [], place, report);
    } else if (isObject(value)) {
      checkObject(this, schema, entriesOf(value), place, report);
    } else if (isNumber(value)) {
      checkNumber(schema, value, place, report);
    }
    checkCommon(this.context, schema, value, place, report);
    if (typeof value === 'string') checkText(schema, value, place, report);
    if (isObject(value)) this.#checkProperties(schema, value, place, report);
  }

  #checkProperties(schema: CompiledSchema, value: Value, place: Place, report: Report): void {
    for (const [name, property] of schema.properties) {
      const item = get(value, name);
      if (item !== undefined) this.run(property, item, [...place, name], report);
    }
  }

  #checkCombinations(schema: CompiledSchema, value: Value, place: Place, report: Report): void {
    this.#checkAnyOf(schema.anyOf, value, place, report);
    this.#checkOneOf(schema.oneOf, value, place, report);
    this.#checkAllOf(schema.allOf, value, place, report);
    if (schema.not && this.check(schema.not, value, place).isValid) {
      report.add('number_not', place, 'Must not validate the schema (not)');
    }
    this.#checkDependencies(schema, value, place, report);
    this.#checkCondition(schema, value, place, report);
    report.score++;
  }

  #checkAnyOf(schemas: readonly CompiledSchema[], value: Value, place: Place, report: Report): void {
    if (schemas.length === 0) return;
    let best: Report | undefined;
    for (const schema of schemas) {
      const result = this.check(schema, value, place);
      if (result.isValid) return;
      if (!best || result.score > best.score) best = result;
    }
    report.add('number_any_of', place, 'Must validate at least one schema (anyOf)');
    if (best) report.merge(best);
  }

  #checkOneOf(schemas: readonly CompiledSchema[], value: Value, place: Place, report: Report): void {
    if (schemas.length === 0) return;
    let valid = 0;
    let best: Report | undefined;
    for (const schema of schemas) {
      const result = this.check(schema, value, place);
      if (result.isValid) valid++;
      else if (valid === 0 && (!best || result.score > best.score)) best = result;
    }
    if (valid === 1) return;
    report.add('number_one_of', place, 'Must validate one and only one schema (oneOf)');
    if (valid === 0 && best) report.merge(best);
  }

  #checkAllOf(schemas: readonly CompiledSchema[], value: Value, place: Place, report: Report): void {
    let valid = 0;
    for (const schema of schemas) {
      const result = this.check(schema, value, place);
      if (result.isValid) valid++;
      report.merge(result);
    }
    if (valid !== schemas.length) report.add('number_all_of', place, 'Must validate all the schemas (allOf)');
  }

  #checkDependencies(schema: CompiledSchema, value: Value, place: Place, report: Report): void {
    if (!isObject(value)) return;
    for (const [name, dependency] of schema.dependencies) {
      if (get(value, name) === undefined) continue;
      if ('types' in dependency) {
        this.run(dependency, value, place, report);
        continue;
      }
      for (const other of dependency) {
        if (get(value, other) === undefined) {
          report.add('missing_dependency', place, `Has a dependency on ${other}`);
        }
      }
    }
  }

  #checkCondition(schema: CompiledSchema, value: Value, place: Place, report: Report): void {
    if (!schema.if) return;
    const isMet = this.check(schema.if, value, place).isValid;
    const branch = isMet ? schema.then : schema.else;
    const result = branch && this.check(branch, value, place);
    if (!result || result.isValid) return;
    if (isMet) report.add('condition_then', place, 'Must validate "then" as "if" was valid');
    else report.add('condition_else', place, 'Must validate "else" as "if" was not valid');
    report.merge(result);
  }
}

/** The type of a value by JSON Schema's names. */
function typeOf(value: Value): string {
  if (value === null) return 'null';
  if (isNumber(value)) return asInteger(value) === undefined ? 'number' : 'integer';
  if (isArray(value)) return 'array';
  return isObject(value) ? 'object' : typeof value;
}
