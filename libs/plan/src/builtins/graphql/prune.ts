import type { JsonObject, Value } from '../../values/index.js';

/** A document as OPA shows it: without nulls, empty arrays and empty objects. */
export function prune(node: object): Value {
  return pruneNode(node) as Value;
}

function pruneNode(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(pruneNode).filter(isShown);
  if (typeof node !== 'object' || node === null) return node;
  const entries = Object.entries(node as JsonObject).map(([key, item]) => [key, pruneNode(item)] as const);
  return Object.fromEntries(entries.filter(([, item]) => isShown(item)));
}

function isShown(node: unknown): boolean {
  if (node === null || node === undefined) return false;
  return typeof node !== 'object' || Object.keys(node).length > 0;
}
