import type { Builtin } from '../builtins/index.js';
import { PlanError } from '../error.js';
import type { PolicyLocation } from '../error.js';
import type { Block, Plan, PlanFunction } from '../plan/index.js';
import { guarded } from '../runtime/index.js';
import type { Compiled } from '../runtime/index.js';
import type { RegoNumber } from '../values/index.js';
import { local } from './expressions.js';
import { FunctionCompiler } from './function-compiler.js';
import { Program, isRule } from './program.js';
import { RuleTree } from './rule-tree.js';
import { runtime } from './runtime.js';
import { compileBlock } from './statements.js';

/** A plan that became functions. */
export interface CompiledPlan {
  /** The rules by their paths. */
  readonly rules: RuleTree;
  /** The entrypoints by their names (`orders/read`). */
  readonly entrypoints: ReadonlyMap<string, Compiled>;
  /** The places that errors name. */
  readonly locations: readonly PolicyLocation[];
  /** How many functions keep their results. */
  readonly memoSize: number;
}

type Generated = (
  r: typeof runtime,
  n: readonly RegoNumber[],
  x: readonly Builtin[],
  rules: RuleTree,
) => { functions: Compiled[]; entrypoints: Compiled[] };

/** Compiles a plan: one JavaScript function for each function and entrypoint of the plan. */
export function compile(plan: Plan, builtins: readonly Builtin[]): CompiledPlan {
  const program = new Program(plan);
  const source = generate(program);
  const externs = zip(plan.builtins, builtins).map(([{ name }, builtin]) => guarded(name, builtin));
  const rules = new RuleTree();
  const { functions, entrypoints } = evaluated(source)(runtime, program.numbers, externs, rules);
  for (const [func, compiled] of zip(plan.functions, functions)) rules.add(func, compiled);
  return {
    rules,
    entrypoints: new Map(zip(plan.entrypoints, entrypoints).map(([{ name }, compiled]) => [name, compiled])),
    locations: program.locations,
    memoSize: plan.functions.length,
  };
}

const zip = <A, B>(left: readonly A[], right: readonly B[]): [A, B][] =>
  left.flatMap((item, index) => right.slice(index, index + 1).map((other): [A, B] => [item, other]));

/** The JavaScript of a plan. Names are generated and texts are literals: nothing of the plan becomes code. */
export function generate(program: Program): string {
  const { builtins, functions, entrypoints } = program.plan;
  return [
    '"use strict";',
    ...Object.keys(runtime).map((name) => `const $${name} = r.${name};`),
    ...builtins.map((_, index) => `const x${index} = x[${index}];`),
    ...functions.map((func, index) => functionText(program, func, index)),
    ...entrypoints.map(({ blocks }, index) => entrypointText(program, blocks, index)),
    `return { functions: [${functions.map((_, index) => `f${index}`).join()}],`,
    `entrypoints: [${entrypoints.map((_, index) => `e${index}`).join()}] };`,
  ].join('\n');
}

function evaluated(source: string): Generated {
  try {
    return Reflect.construct(Function, ['r', 'n', 'x', 'rules', source]) as Generated;
  } catch (cause) {
    if (!(cause instanceof EvalError)) throw cause;
    throw new PlanError(
      'CODE_GENERATION_DISALLOWED',
      'opa-plan compiles a policy to JavaScript, which this process forbids. Start Node without --disallow-code-generation-from-strings.',
      { cause },
    );
  }
}

function functionText(program: Program, func: PlanFunction, index: number): string {
  if (!isRule(func)) {
    const body = bodyText(program, func.blocks, func.params, (value) => `return ${value};`);
    return `function f${index}(c, ${func.params.map(local).join(', ')}) {\nif (--c.turns < 0) c.tick();\n${body}\n}`;
  }
  const body = bodyText(program, func.blocks, func.params, (value) => `return $keep(m, ${index}, ${value});`);
  return [
    `function f${index}(c, l0, l1) {`,
    'const m = c.scope.memo;',
    `const k = m[${index}];`,
    'if (k !== undefined) return k === $UNDEFINED ? undefined : k;',
    body,
    `return $keep(m, ${index}, undefined);`,
    '}',
  ].join('\n');
}

function entrypointText(program: Program, blocks: readonly Block[], index: number): string {
  const body = bodyText(program, blocks, [0, 1], (value) => `return $get(${value}, "result");`);
  return `function e${index}(c, l0, l1) {\n${body}\n}`;
}

function bodyText(
  program: Program,
  blocks: readonly Block[],
  params: readonly number[],
  result: (value: string) => string,
): string {
  const f = new FunctionCompiler(program, compileBlock, result);
  for (const block of blocks) f.writer.block(() => f.block(block));
  const locals = [...f.locals].filter((number) => !params.includes(number)).map(local);
  return `${locals.length > 0 ? `let ${locals.join(', ')};\n` : ''}${f.writer.text()}`;
}
