import type { Value } from '../values/index.js';
import { entriesOf, fromJson, fromJsonBeforeNull, toJson } from '../values/index.js';
import type { BuiltinContext, Builtins } from './builtin.js';
import { BuiltinError } from './builtin.js';
import { attempt } from './failure.js';
import { checkDepth } from './go/json-depth.js';
import { indentJson } from './go/json-indent.js';
import { objectOperand, operandError, operandTypeError, stringOperand } from './operands.js';

/** `json.marshal`, `json.unmarshal` and their like */
export const json: Builtins = {
  'json.marshal': (context, value = null) => marshal(context, value),
  'json.marshal_with_options': (context, value = null, options) => {
    const { isPretty, prefix, indent } = marshalOptions(options);
    const text = marshal(context, value);
    return isPretty ? prefix + indentJson(text, prefix, indent) : text;
  },
  'json.unmarshal': (_context, text) => parseJson(stringOperand(text, 1)),
  'json.is_valid': (_context, text) => typeof text === 'string' && isJson(text),
};

function marshal(context: BuiltinContext, value: Value): string {
  const text = toJson(value);
  context.checkSize(text.length);
  return text;
}

function isJson(text: string): boolean {
  try {
    checkDepth(text);
    fromJson(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof BuiltinError) return false;
    // The text is valid JSON even when a number is too large for a value.
    return attempt(() => parsePlain(text)) !== undefined;
  }
}

function parsePlain(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new BuiltinError('the text is not JSON', { cause: error });
  }
}

/**
 * Reads JSON as a value. Numbers keep their text. If `null` follows the document, OPA ignores all text after that
 * `null`.
 *
 * @throws BuiltinError for any other text, and for more than 10,000 arrays and objects inside each other
 */
export const parseJson = (text: string): Value => parseWith(fromJsonBeforeNull, text);

/**
 * Reads JSON as a value. Numbers keep their text.
 *
 * @throws BuiltinError for any other text, and for more than 10,000 arrays and objects inside each other
 */
export const parseWholeJson = (text: string): Value => parseWith(fromJson, text);

function parseWith(parse: (text: string) => Value, text: string): Value {
  checkDepth(text);
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof RangeError) {
      throw new BuiltinError(error.message, { cause: error });
    }
    throw error;
  }
}

interface MarshalOptions {
  readonly isPretty: boolean;
  readonly prefix: string;
  readonly indent: string;
}

/** Reads the options. A prefix or an indent implies `pretty`, unless `pretty` is set. */
function marshalOptions(options: Value | undefined): MarshalOptions {
  let pretty: boolean | undefined;
  let prefix: string | undefined;
  let indent: string | undefined;
  for (const [index, [key, value]] of entriesOf(objectOperand(options, 2)).entries()) {
    switch (key) {
      case 'prefix':
        prefix = textOption('prefix', value, index);
        break;
      case 'indent':
        indent = textOption('indent', value, index);
        break;
      case 'pretty':
        if (typeof value !== 'boolean') throw operandError(2, 'key "pretty" failed cast to bool');
        pretty = value;
        break;
      default:
        throw unknownKey(key, index);
    }
  }
  const isPretty = pretty ?? (prefix !== undefined || indent !== undefined);
  return { isPretty, prefix: prefix ?? '', indent: indent ?? '\t' };
}

function textOption(name: string, value: Value, index: number): string {
  if (typeof value === 'string') return value;
  const cause = operandTypeError(index, value, 'string').message;
  throw operandError(2, `key "${name}" failed cast to string: ${cause}`);
}

function unknownKey(key: Value, index: number): BuiltinError {
  if (typeof key === 'string') return operandError(2, `object contained unknown key "${key}"`);
  const cause = operandTypeError(index, key, 'string').message;
  return operandError(2, `failed to stringify key ${toJson(key)} at index ${index}: ${cause}`);
}
