import type { Value } from '../../values/index.js';
import { entriesOf, isNumber } from '../../values/index.js';
import type { BuiltinContext } from '../builtin.js';
import { BuiltinError } from '../builtin.js';
import type { ObjectValue } from '../operands.js';
import { elementsOf, int64Of } from '../operands.js';
import { USAGE_NAMES } from './usages.js';
import type { VerifyOptions } from './verify.js';

/** Reads the options of a verification. `MaxConstraintComparisons` limits nothing, as in OPA's version of Go. */
export function readOptions(context: BuiltinContext, object: ObjectValue): VerifyOptions {
  let host = '';
  let time = context.now;
  let usages: readonly number[] = [];
  for (const [key, value] of entriesOf(object)) {
    if (typeof key !== 'string') continue;
    switch (key) {
      case 'DNSName':
        if (typeof value !== 'string') throw new BuiltinError("'DNSName' should be a string");
        host = trimQuotes(value);
        break;
      case 'CurrentTime':
        time = integerOption(value, key, 'a valid int64 number');
        break;
      case 'MaxConstraintComparisons':
        integerOption(value, key, 'a valid number');
        break;
      case 'KeyUsages':
        usages = readUsages(value);
        break;
      default:
        throw new BuiltinError('invalid key option');
    }
  }
  return { host, time, usages };
}

function integerOption(value: Value, name: string, wanted: string): bigint {
  if (!isNumber(value)) throw new BuiltinError(`'${name}' should be a number`);
  const integer = int64Of(value);
  if (integer === undefined) throw new BuiltinError(`'${name}' should be ${wanted}`);
  return integer;
}

function readUsages(value: Value): number[] {
  const elements = elementsOf(value);
  if (!elements) throw new BuiltinError("'KeyUsages' should be an Array or Set");
  const names = elements.filter((element) => typeof element === 'string').map(trimQuotes);
  const invalid = names.filter((name) => !USAGE_NAMES.includes(name));
  if (invalid.length > 0) {
    throw new BuiltinError(`invalid entries for 'KeyUsages' found: [${invalid.join(' ')}]`);
  }
  return names.map((name) => USAGE_NAMES.indexOf(name));
}

function trimQuotes(text: string): string {
  return text.replace(/^"+|"+$/g, '');
}
