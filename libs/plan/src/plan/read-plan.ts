import { arrayAt, invalid, objectAt, textAt } from './read-fields.js';
import { StatementReader } from './read-statement.js';
import type { Plan, PlanBuiltin, PlanFunction } from './schema.js';

/** Checks a plan: `plan.json` of a bundle. Throws a PlanError for a plan that this package cannot evaluate. */
export function readPlan(json: unknown): Plan {
  const plan = objectAt(json, 'The top');
  const statics = objectAt(plan['static'] ?? {}, 'static');
  const strings = constants(statics['strings'], 'static.strings');
  const files = constants(statics['files'], 'static.files');
  const reader = new StatementReader(strings.length, files.length);
  const functions = arrayAt(objectAt(plan['funcs'] ?? {}, 'funcs')['funcs'], 'funcs.funcs');
  const entrypoints = arrayAt(objectAt(plan['plans'], 'plans')['plans'], 'plans.plans');
  return {
    strings,
    files,
    builtins: arrayAt(statics['builtin_funcs'], 'static.builtin_funcs').map(readBuiltin),
    functions: functions.map((item, index) => readFunction(reader, item, `funcs.funcs[${index}]`)),
    entrypoints: entrypoints.map((item, index) => {
      const where = `plans.plans[${index}]`;
      const { name, blocks } = objectAt(item, where);
      return { name: textAt(name, `${where}.name`), blocks: reader.blocks(blocks, `${where}.blocks`) };
    }),
  };
}

function readFunction(reader: StatementReader, json: unknown, where: string): PlanFunction {
  const { name, path, params, blocks } = objectAt(json, where);
  const locals = arrayAt(params, `${where}.params`).map((param) => reader.local(param, `${where}.params`));
  if (locals.length < 2 || locals[0] !== 0 || locals[1] !== 1 || new Set(locals).size < locals.length) {
    throw invalid(`${where}.params`, 'does not begin with input and data, or has a parameter twice');
  }
  return {
    name: textAt(name, `${where}.name`),
    path: arrayAt(path, `${where}.path`).map((part) => textAt(part, `${where}.path`)),
    params: locals,
    blocks: reader.blocks(blocks, `${where}.blocks`),
  };
}

function readBuiltin(json: unknown, index: number): PlanBuiltin {
  const where = `static.builtin_funcs[${index}]`;
  const { name, decl } = objectAt(json, where);
  const { args, result } = objectAt(decl ?? {}, `${where}.decl`);
  return {
    name: textAt(name, `${where}.name`),
    arity: arrayAt(args, `${where}.decl.args`).length,
    hasResult: result !== undefined,
  };
}

const constants = (json: unknown, where: string) =>
  arrayAt(json, where).map((item, index) =>
    textAt(objectAt(item, `${where}[${index}]`)['value'], `${where}[${index}].value`),
  );
