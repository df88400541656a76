import { floatFromText } from '../../values/big-float.js';
import { floatText } from '../../values/float-text.js';
import { decimalOfNumber } from '../../values/rego-number.js';
import type { Value } from '../../values/index.js';
import { compareNumbers, numberText } from '../../values/index.js';
import type { BuiltinContext } from '../builtin.js';
import { runeCount } from '../go/bytes.js';
import type { Numeric } from '../operands.js';
import { hasFormat } from './formats.js';
import { plainJson } from './keywords.js';
import type { Place, Report } from './report.js';
import type { CompiledSchema } from './schema.js';

/** `const`, `enum` and `format` */
export function checkCommon(
  context: BuiltinContext,
  schema: CompiledSchema,
  value: Value,
  place: Place,
  report: Report,
): void {
  const { constant, allowed, format } = schema;
  if (constant !== undefined && plainJson(value) !== constant) {
    report.add('const', place, (field) => `${field} does not match: ${constant}`);
  }
  if (allowed && !allowed.includes(plainJson(value))) {
    report.add('enum', place, (field) => `${field} must be one of the following: ${allowed.join(', ')}`);
  }
  if (format !== undefined && typeof value === 'string' && !hasFormat(context, format, value)) {
    report.add('format', place, `Does not match format '${format}'`);
  }
  report.score++;
}

/** Keywords of texts */
export function checkText(schema: CompiledSchema, value: string, place: Place, report: Report): void {
  const length = runeCount(value);
  const { minLength, maxLength, pattern } = schema;
  if (minLength !== undefined && length < minLength) {
    report.add('string_gte', place, `String length must be greater than or equal to ${minLength}`);
  }
  if (maxLength !== undefined && length > maxLength) {
    report.add('string_lte', place, `String length must be less than or equal to ${maxLength}`);
  }
  if (pattern && !pattern.test(value)) {
    report.add('pattern', place, `Does not match pattern '${pattern.source}'`);
  }
  report.score++;
}

/** Keywords of numbers */
export function checkNumber(schema: CompiledSchema, value: Numeric, place: Place, report: Report): void {
  const { multipleOf, minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  if (multipleOf !== undefined && !isMultiple(value, multipleOf)) {
    report.add('multiple_of', place, `Must be a multiple of ${boundText(multipleOf)}`);
  }
  if (maximum !== undefined && compareNumbers(value, maximum) > 0) {
    report.add('number_lte', place, `Must be less than or equal to ${boundText(maximum)}`);
  }
  if (exclusiveMaximum !== undefined && compareNumbers(value, exclusiveMaximum) >= 0) {
    report.add('number_lt', place, `Must be less than ${boundText(exclusiveMaximum)}`);
  }
  if (minimum !== undefined && compareNumbers(value, minimum) < 0) {
    report.add('number_gte', place, `Must be greater than or equal to ${boundText(minimum)}`);
  }
  if (exclusiveMinimum !== undefined && compareNumbers(value, exclusiveMinimum) <= 0) {
    report.add('number_gt', place, `Must be greater than ${boundText(exclusiveMinimum)}`);
  }
  report.score++;
}

function isMultiple(value: Numeric, divisor: Numeric): boolean {
  const [a, b] = [decimalOfNumber(value), decimalOfNumber(divisor)];
  if (a.digits === '') return true;
  const scale = BigInt(Math.max(a.digits.length - a.point, b.digits.length - b.point, 0));
  const scaled = ({ digits, point }: typeof a): bigint =>
    BigInt(digits) * 10n ** (scale + BigInt(point - digits.length));
  return scaled(a) % scaled(b) === 0n;
}

/** Writes a bound as Go does: with an exponent from a million on. */
function boundText(number: Numeric): string {
  const text = floatText(floatFromText(numberText(number)));
  const match = /^(-?)(\d)(\d{6,})$/.exec(text);
  if (!match) return text;
  const [, sign = '', first = '', rest = ''] = match;
  const digits = rest.replace(/0+$/, '');
  return `${sign}${first}${digits === '' ? '' : `.${digits}`}e+${rest.length.toString().padStart(2, '0')}`;
}
