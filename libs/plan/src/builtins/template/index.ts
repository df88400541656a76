import { BuiltinError } from '../builtin.js';
import type { Builtins } from '../builtin.js';
import { GoError } from '../go/error.js';
import { parseJson } from '../json.js';
import { objectOperand, stringOperand } from '../operands.js';
import { termText } from '../term-text.js';
import { executeTemplate } from './execute.js';
import { parseTemplate } from './parser.js';

/** `strings.render_template` */
export const template: Builtins = {
  'strings.render_template': (context, text, variables) => {
    const source = stringOperand(text, 1);
    // OPA prints the value and reads the text as JSON, so a set is an error.
    const data = parseJson(termText(objectOperand(variables, 2)));
    try {
      const rendered = executeTemplate(context, parseTemplate(source), data);
      return rendered.replaceAll('<no value>', '<undefined>');
    } catch (error) {
      throw error instanceof GoError
        ? new BuiltinError(`template: ${error.message}`, { cause: error })
        : error;
    }
  },
};
