import type { RegoSet, Value } from '../values/index.js';
import { addToSet, contains, get, makeSet } from '../values/index.js';
import type { BuiltinContext, Builtins } from './builtin.js';
import type { ObjectValue } from './operands.js';
import { elementsOf, objectOperand, operandTypeError } from './operands.js';

/** `graph.*` */
export const graph: Builtins = {
  'graph.reachable': (context, edges, start = null) =>
    reachable(context, objectOperand(edges, 1), startNodes(start)),
  'graph.reachable_paths': (context, edges, start = null) =>
    reachablePaths(context, objectOperand(edges, 1), startNodes(start)),
};

function startNodes(start: Value): readonly Value[] {
  const nodes = elementsOf(start);
  if (!nodes) throw operandTypeError(2, start, '{array, set}');
  return nodes;
}

function reachable(context: BuiltinContext, edges: ObjectValue, start: readonly Value[]): RegoSet {
  const reached = makeSet();
  const queue = [...start];
  // The queue grows while it is read.
  for (const node of queue) {
    context.checkDeadline();
    const neighbours = get(edges, node);
    if (neighbours === undefined || contains(reached, node)) continue;
    for (const neighbour of elementsOf(neighbours) ?? []) {
      if (!contains(reached, neighbour)) queue.push(neighbour);
    }
    addToSet(reached, node);
  }
  return reached;
}

/** All paths. A path ends at a node without edges, or before a node that it already contains. */
function reachablePaths(context: BuiltinContext, edges: ObjectValue, start: readonly Value[]): RegoSet {
  const paths = makeSet();
  for (const node of start) {
    const neighbours = get(edges, node);
    if (neighbours === undefined) continue;
    const next = elementsOf(neighbours) ?? [];
    if (next.length === 0) addToSet(paths, [node]);
    for (const neighbour of next) extend(context, edges, neighbour, [node], makeSet([node]), paths);
  }
  return paths;
}

function extend(
  context: BuiltinContext,
  edges: ObjectValue,
  node: Value,
  path: readonly Value[],
  visited: RegoSet,
  paths: RegoSet,
): void {
  context.checkDeadline();
  context.checkSize(paths.items.size);
  const neighbours = get(edges, node);
  if (neighbours === undefined) {
    addToSet(paths, path);
    return;
  }
  const longer = [...path, node];
  const next = elementsOf(neighbours) ?? [];
  if (next.length === 0) {
    addToSet(paths, longer);
    return;
  }
  const now = makeSet([...visited.items.values(), node]);
  for (const neighbour of next) {
    if (contains(now, neighbour)) {
      addToSet(paths, longer);
    } else {
      extend(context, edges, neighbour, longer, now, paths);
    }
  }
}
