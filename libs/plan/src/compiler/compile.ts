import type { Builtin } from '../builtins/index.js';
import { PlanError } from '../error.js';
import type { PolicyLocation } from '../error.js';
import type { Block, Plan, PlanFunction } from '../plan/index.js';
import type { Compiled } from '../runtime/index.js';
import type { RegoNumber } from '../values/index.js';
import { local } from './expressions.js';
import { FunctionCompiler } from './function-compiler.js';
import type { Piece } from './function-compiler.js';
import { guardOf, needs } from './guard.js';
import { bodyOf } from './pieces.js';
import type { Body } from './pieces.js';
import { packagesBeneath } from './packages.js';
import { Program, isRule } from './program.js';
import { RuleTree } from './rule-tree.js';
import { runtime } from './runtime.js';
import { compileBlock } from './statements.js';

/** A plan after compilation: JavaScript functions. */
export interface CompiledPlan {
  /** The rules by their paths. */
  readonly rules: RuleTree;
  /** The entrypoints by their names (`orders/read`). */
  readonly entrypoints: ReadonlyMap<string, Compiled>;
  /** The places in the policy that error messages name. */
  readonly locations: readonly PolicyLocation[];
  /** The number of functions whose results an evaluation caches. */
  readonly memoSize: number;
}

type Generated = (
  r: typeof runtime,
  n: readonly RegoNumber[],
  b: readonly Builtin[],
  names: readonly string[],
  rules: RuleTree,
) => { functions: Compiled[]; entrypoints: Compiled[] };

/** Compiles a plan: one JavaScript function for each function and entrypoint of the plan. */
export function compile(plan: Plan, builtins: readonly Builtin[]): CompiledPlan {
  const program = new Program(plan);
  const source = generate(program);
  const rules = new RuleTree();
  const names = plan.builtins.map(({ name }) => name);
  const { functions, entrypoints } = evaluated(source)(runtime, program.numbers, builtins, names, rules);
  for (const [func, compiled] of zip(plan.functions, functions)) rules.add(func, compiled);
  for (const path of plan.entrypoints.flatMap((entrypoint) => packagesBeneath(plan, entrypoint))) {
    rules.addPackage(path);
  }
  return {
    rules,
    entrypoints: new Map(zip(plan.entrypoints, entrypoints).map(([{ name }, compiled]) => [name, compiled])),
    locations: program.locations,
    memoSize: plan.functions.length,
  };
}

const zip = <A, B>(left: readonly A[], right: readonly B[]): [A, B][] =>
  left.flatMap((item, index) => right.slice(index, index + 1).map((other): [A, B] => [item, other]));

/**
 * Generates the JavaScript of a plan. All names are generated and all strings are literals, so the plan cannot inject
 * code.
 */
export function generate(program: Program): string {
  const { builtins, functions, entrypoints } = program.plan;
  return [
    '"use strict";',
    ...Object.keys(runtime).map((name) => `const $${name} = r.${name};`),
    ...builtins.map(({ arity }, index) => builtinText(arity, index)),
    ...functions.map((func, index) => functionText(program, func, index)),
    ...entrypoints.map((entrypoint, index) => entrypointText(program, entrypoint, index)),
    `return { functions: [${functions.map((_, index) => `f${index}`).join()}],`,
    `entrypoints: [${entrypoints.map((_, index) => `e${index}`).join()}] };`,
  ].join('\n');
}

function evaluated(source: string): Generated {
  try {
    return Reflect.construct(Function, ['r', 'n', 'b', 'names', 'rules', source]) as Generated;
  } catch (cause) {
    if (!(cause instanceof EvalError)) throw cause;
    throw new PlanError(
      'CODE_GENERATION_DISALLOWED',
      'opa-plan compiles a policy to JavaScript, which this process forbids. Start Node without --disallow-code-generation-from-strings.',
      { cause },
    );
  }
}

/** Generates the wrapper of a builtin. An error of the builtin makes the expression undefined. */
function builtinText(arity: number, index: number): string {
  const args = Array.from({ length: arity }, (_, position) => `a${position}`);
  return [
    `function x${index}(${['c', ...args].join(', ')}) {`,
    `$spendOnCall(${args.slice(0, 2).join(', ')});`,
    `try { return b[${index}](${['c', ...args].join(', ')}); }`,
    `catch (error) { return $failed(c, names[${index}], error); }`,
    '}',
  ].join('\n');
}

function functionText(program: Program, func: PlanFunction, index: number): string {
  const { params, blocks } = func;
  const name = `f${index}`;
  const rule = ['data', ...func.path.slice(1)].join('.');
  if (!isRule(func)) {
    const body = compileBody(program, { name, rule, blocks, params, result: (value) => `return ${value};` });
    const head = `function ${name}(c, ${params.map(local).join(', ')}) {`;
    return [...body.parts, head, 'if (--$work.steps < 0) $work.clock.tick();', body.text, '}'].join('\n');
  }
  const result = (value: string) => `return $keep(m, ${index}, ${value});`;
  const body = compileBody(program, { name, rule, blocks, params, result });
  return [
    ...body.parts,
    `function ${name}(c, l0, l1) {`,
    'const m = c.scope.memo;',
    `const k = m[${index}];`,
    'if (k !== undefined) return k === $UNDEFINED ? undefined : k;',
    body.text,
    result('undefined'),
    '}',
  ].join('\n');
}

function entrypointText(
  program: Program,
  { name: path, blocks }: Plan['entrypoints'][number],
  index: number,
): string {
  const name = `e${index}`;
  const result = (value: string) => `return ${value};`;
  const rule = `data.${path.replaceAll('/', '.')}`;
  const { parts, text } = compileBody(program, {
    name,
    rule,
    blocks,
    params: [0, 1],
    result,
    isEntrypoint: true,
  });
  return [...parts, `function ${name}(c, l0, l1) {`, text, '}'].join('\n');
}

interface Source {
  /** The name of the JavaScript function. */
  readonly name: string;
  /** The name of the rule in error messages. */
  readonly rule: string;
  readonly blocks: readonly Block[];
  readonly params: readonly number[];
  /** Generates the statement that returns the function's result. */
  readonly result: (value: string) => string;
  readonly isEntrypoint?: true;
}

function compileBody(program: Program, source: Source): Body {
  const { name, rule, blocks, params, result, isEntrypoint = false } = source;
  const f = new FunctionCompiler(program, rule, compileBlock, result, isEntrypoint);
  return bodyOf(name, params, piecesOf(f, blocks));
}

/** Splits blocks into pieces. A block that only reads the result of the guarded block before it joins that piece. */
function piecesOf(f: FunctionCompiler, blocks: readonly Block[]): Piece[] {
  const pieces: Piece[] = [];
  let done = 0;
  for (const [index, block] of blocks.entries()) {
    if (index < done) continue;
    const guard = guardOf(f.program.plan, block);
    const next = blocks[index + 1];
    done = index + (guard && next && needs(next, guard) ? 2 : 1);
    pieces.push(f.piece(blocks.slice(index, done), guard));
  }
  return pieces;
}
