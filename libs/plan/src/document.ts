import { MAIN } from './compiler/index.js';
import type { CompiledPlan, RuleTree } from './compiler/index.js';
import { PlanError } from './error.js';
import { baseGet, merge } from './runtime/index.js';
import type { Evaluation } from './runtime/index.js';
import { get, insertInto, RegoObject } from './values/index.js';
import type { Value } from './values/index.js';

/** Evaluates the document at a path: an entrypoint, a rule, a part of a rule's value, a package or base data. */
export function documentAt(
  plan: CompiledPlan,
  context: Evaluation,
  path: readonly string[],
  input: Value | undefined,
  data: Value,
): Value | undefined {
  const entrypoint = plan.entrypoints.get(path.join('/'));
  let node: RuleTree | undefined = plan.rules.child(MAIN);
  for (const [depth, part] of path.entries()) {
    if (node?.rule) return inside(node.rule(context, input, data), path.slice(depth));
    node = node?.child(part);
  }
  if (node?.rule) return node.rule(context, input, data);
  if (entrypoint) return entrypoint(context, input, data);
  const enclosing = enclosingEntrypoint(plan, path);
  const base = path.reduce<Value | undefined>(baseGet, data);
  if (node) return withBase(base, extent(node, context, input, data));
  return base ?? inside(enclosing.evaluate(context, input, data), path.slice(enclosing.depth));
}

/** The documents of all rules beneath a path. */
function extent(node: RuleTree, context: Evaluation, input: Value | undefined, data: Value): Value {
  const object = new RegoObject();
  for (const [part, child] of node.children()) {
    if (child.isFunction) continue;
    const value = child.rule ? child.rule(context, input, data) : extent(child, context, input, data);
    if (value !== undefined) insertInto(object, part, value);
  }
  return object;
}

const withBase = (base: Value | undefined, virtual: Value) =>
  base === undefined ? virtual : merge(base, virtual);

const inside = (value: Value | undefined, path: readonly string[]) =>
  path.reduce<Value | undefined>((found, key) => (found === undefined ? undefined : get(found, key)), value);

/** A plan holds only the rules that its entrypoints need: what is beneath none of them may be there in part. */
function enclosingEntrypoint({ entrypoints }: CompiledPlan, path: readonly string[]) {
  for (let depth = path.length; depth >= 0; depth--) {
    const evaluate = entrypoints.get(path.slice(0, depth).join('/'));
    if (evaluate) return { evaluate, depth };
  }
  const name = path.join('/');
  throw new PlanError(
    'NOT_PLANNED',
    `The plan has no rule "${name}", and no entrypoint encloses it. Build the bundle with the entrypoint: opa build -t plan -e ${name}`,
  );
}
