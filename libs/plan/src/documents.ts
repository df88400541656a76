import { MAIN } from './compiler/index.js';
import type { CompiledPlan, RuleTree } from './compiler/index.js';
import { PlanError } from './error.js';
import { baseGet, merge } from './runtime/index.js';
import type { Compiled, Evaluation } from './runtime/index.js';
import { get, insertInto, RegoObject } from './values/index.js';
import type { Value } from './values/index.js';

/** The parts of a path. As in OPA's REST API, an integer part is a number. */
type Path = readonly (string | number)[];

const partsOf = (path: string): Path =>
  path
    .split('/')
    .filter((part) => part !== '')
    .map((part) => (/^[+-]?\d{1,15}$/.test(part) ? Number(part) : part));

/** The number of cached paths. Callers choose the paths, so the cache needs a limit. */
const MAX_PATHS = 1_000;

/** Finds the documents of a plan by path: entrypoints, rules, parts of a rule's value, packages, base data. */
export class Documents {
  readonly #cache = new Map<string, Compiled>();

  constructor(private readonly plan: CompiledPlan) {}

  /** The function that evaluates the document at a path. */
  at(path: string): Compiled {
    const cached = this.#cache.get(path);
    if (cached) return cached;
    const compiled = this.#find(partsOf(path));
    if (this.#cache.size < MAX_PATHS) this.#cache.set(path, compiled);
    return compiled;
  }

  /** Whether a document exists at a path for every input. Undefined means that only an evaluation can tell. */
  defines(path: string, data: Value): boolean | undefined {
    const parts = partsOf(path);
    let node: RuleTree | undefined = this.plan.rules.child(MAIN);
    for (const part of parts) {
      if (node?.rule) return undefined;
      node = node?.child(part);
    }
    if (node?.rule || this.plan.entrypoints.has(parts.join('/'))) return true;
    return this.#entrypointAround(parts) !== undefined && (node ?? baseAt(data, parts)) !== undefined;
  }

  #find(path: Path): Compiled {
    let node: RuleTree | undefined = this.plan.rules.child(MAIN);
    for (const [depth, part] of path.entries()) {
      if (node?.rule) return within(node.rule, path.slice(depth));
      node = node?.child(part);
    }
    if (node?.rule) return node.rule;
    const entrypoint = this.plan.entrypoints.get(path.join('/'));
    if (entrypoint) return entrypoint;
    const enclosing = this.#enclosing(path);
    return node ? packageAt(node, path) : (...args) => baseAt(args[2], path) ?? enclosing(...args);
  }

  /**
   * Reads a part of the entrypoint that encloses the path. The plan holds all rules beneath an entrypoint, but only
   * some other rules. If no rule of the entrypoint defines the path, no rule is evaluated: a conflict in one of the
   * rules would hide that the path is undefined.
   */
  #enclosing(path: Path): Compiled {
    const around = this.#entrypointAround(path);
    if (around) {
      const hasRules = this.#nodeAt(path.slice(0, around.depth)) !== undefined;
      return hasRules ? () => undefined : within(around.entrypoint, path.slice(around.depth));
    }
    const name = path.join('/');
    throw new PlanError(
      'NOT_PLANNED',
      `The plan has no rule "${name}", and no entrypoint encloses it. Build it in: opa build -t plan -e ${name}`,
    );
  }

  #nodeAt(path: Path): RuleTree | undefined {
    return path.reduce<RuleTree | undefined>((node, part) => node?.child(part), this.plan.rules.child(MAIN));
  }

  #entrypointAround(path: Path): { entrypoint: Compiled; depth: number } | undefined {
    for (let depth = path.length; depth >= 0; depth--) {
      const entrypoint = this.plan.entrypoints.get(path.slice(0, depth).join('/'));
      if (entrypoint) return { entrypoint, depth };
    }
    return undefined;
  }
}

/** Makes a function that evaluates a document and reads one part of it. */
function within(evaluate: Compiled, path: Path): Compiled {
  return (...args) =>
    path.reduce<Value | undefined>(
      (value, key) => (value === undefined ? value : get(value, key)),
      evaluate(...args),
    );
}

/** Makes a function that joins the values of all rules beneath a path with the base data at the path. */
function packageAt(node: RuleTree, path: Path): Compiled {
  return (context, input, data) => {
    const base = baseAt(data, path);
    const virtual = rulesBeneath(node, context, input, data);
    return base === undefined ? virtual : merge(base, virtual);
  };
}

function rulesBeneath(node: RuleTree, context: Evaluation, input: Value | undefined, data: Value): Value {
  const object = new RegoObject();
  for (const [part, child] of node.children()) {
    if (child.isFunction) continue;
    const value = child.rule ? child.rule(context, input, data) : rulesBeneath(child, context, input, data);
    if (value !== undefined) insertInto(object, part, value);
  }
  return object;
}

const baseAt = (data: Value, path: Path) => path.reduce<Value | undefined>(baseGet, data);
