import type { TypeName } from '../values/index.js';
import { makeSet, typeName } from '../values/index.js';
import type { Builtin, Builtins } from './builtin.js';
import { elementsOf, operandTypeError } from './operands.js';

/** `is_*`, `type_name` and the old `cast_*`. */
export const types: Builtins = {
  type_name: (_context, operand = null) => typeName(operand),
  is_array: isType('array'),
  is_boolean: isType('boolean'),
  is_null: isType('null'),
  is_number: isType('number'),
  is_object: isType('object'),
  is_set: isType('set'),
  is_string: isType('string'),
  cast_array: (_context, operand = null) => {
    const elements = elementsOf(operand);
    if (!elements) throw operandTypeError(1, operand, 'array', 'set');
    return elements;
  },
  cast_set: (_context, operand = null) => {
    const elements = elementsOf(operand);
    if (!elements) throw operandTypeError(1, operand, 'array', 'set');
    return makeSet(elements);
  },
  cast_boolean: castTo('boolean'),
  cast_null: castTo('null'),
  cast_object: castTo('object'),
  cast_string: castTo('string'),
};

function isType(name: TypeName): Builtin {
  return (_context, operand = null) => typeName(operand) === name;
}

function castTo(name: TypeName): Builtin {
  return (_context, operand = null) => {
    if (typeName(operand) !== name) throw operandTypeError(1, operand, name);
    return operand;
  };
}
