import { PlanError } from '../error.js';
import type { PlanFunction } from '../plan/index.js';
import type { Compiled } from '../runtime/index.js';
import type { Value } from '../values/index.js';
import { isRule } from './program.js';

/** The generation of the rules that no `with` replaced. */
export const MAIN = 'g0';

/** The rules of a plan as a tree over their paths. */
export class RuleTree {
  readonly #children = new Map<string, RuleTree>();
  /** The rule at this path. */
  rule: Compiled | undefined;
  /** Whether a function takes more than input and data. */
  isFunction = false;

  /** Puts a function at its path. */
  add(func: PlanFunction, compiled: Compiled): void {
    const node = this.#at(func.path);
    if (isRule(func)) node.rule = compiled;
    else node.isFunction = true;
  }

  /** Notes that there is a package at a path, even without rules. */
  addPackage(path: readonly string[]): void {
    this.#at([MAIN, ...path]);
  }

  /** The tree beneath one more part of a path. */
  child(part: Value): RuleTree | undefined {
    return typeof part === 'string' ? this.#children.get(part) : undefined;
  }

  /** The trees beneath, by the next part of their paths. */
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
 * The rule at a path that an evaluation made, or undefined where the plan has none. A function of the policy is no
 * document. Rules that were planned again beneath a `with` on functions may take the replacements as parameters, which
 * OPA's planner doesn't pass here.
 */
export function ruleAt(rules: RuleTree, path: readonly Value[]): Compiled | undefined {
  let node: RuleTree | undefined = rules;
  for (const part of path) node = node?.child(part);
  if (node?.isFunction && path[0] !== MAIN) {
    throw new PlanError('EVALUATION_FAILED', 'OPA\'s planner lost the value of a "with" on a function');
  }
  return node?.rule;
}
