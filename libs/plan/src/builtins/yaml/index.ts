import type { Builtins } from '../builtin.js';
import { attempt } from '../failure.js';
import { stringOperand } from '../operands.js';
import { marshalYaml } from './marshal.js';
import { unmarshalYaml } from './unmarshal.js';

/** `yaml.*` */
export const yaml: Builtins = {
  'yaml.marshal': (_context, value = null) => marshalYaml(value),
  'yaml.unmarshal': (context, text) => unmarshalYaml(context, stringOperand(text, 1)),
  'yaml.is_valid': (context, text) =>
    typeof text === 'string' && attempt(() => unmarshalYaml(context, text)) !== undefined,
};
