import { PlanError } from '../error.js';
import type { PlanFunction } from '../plan/index.js';
import type { Compiled } from '../runtime/index.js';
import type { Value } from '../values/index.js';
import { isRule } from './program.js';

/**
 * The first part of the paths of rules without a `with` on functions. The planner names other generations `g1`, `g2`.
 */
export const MAIN = 'g0';

/** The rules of a plan as a tree. Each level is a part of the path. */
export class RuleTree {
  readonly #children = new Map<string, RuleTree>();
  /** The rule at this path. */
  rule: Compiled | undefined;
  /** Whether a function takes more than input and data. */
  isFunction = false;

  /** Adds a function at its path. */
  add(func: PlanFunction, compiled: Compiled): void {
    const node = this.#at(func.path);
    if (isRule(func)) node.rule = compiled;
    else node.isFunction = true;
  }

  /** Records a package at a path, even one without rules. */
  addPackage(path: readonly string[]): void {
    this.#at([MAIN, ...path]);
  }

  /** The subtree under the next part of a path. */
  child(part: Value): RuleTree | undefined {
    return typeof part === 'string' ? this.#children.get(part) : undefined;
  }

  /** The subtrees by the next part of their paths. */
  children(): Iterable<[string, RuleTree]> {
    return this.#children;
  }

  #at(path: readonly string[]): RuleTree {
    return path.reduce<RuleTree>((tree, part) => tree.#childOrNew(part), this);
  }

  #childOrNew(part: string): RuleTree {
    const child = this.#children.get(part) ?? new RuleTree();
    this.#children.set(part, child);
    return child;
  }
}

/**
 * The rule at a computed path, or undefined if the plan has none. Functions of the policy are not documents. A `with`
 * on a function makes the planner plan rules again. Such a rule may take the replacements as parameters, but OPA's
 * planner does not pass them here.
 */
export function ruleAt(rules: RuleTree, path: readonly Value[]): Compiled | undefined {
  let node: RuleTree | undefined = rules;
  for (const part of path) node = node?.child(part);
  if (node?.isFunction && path[0] !== MAIN) {
    throw new PlanError('EVALUATION_FAILED', 'OPA\'s planner lost the value of a "with" on a function');
  }
  return node?.rule;
}
