import { compare, equals } from '../values/index.js';
import type { Builtins } from './builtin.js';

/** `==`, `<` and their like: OPA's order of all values. */
export const comparison: Builtins = {
  assign: (_context, left = null, right = null) => equals(left, right),
  eq: (_context, left = null, right = null) => equals(left, right),
  equal: (_context, left = null, right = null) => equals(left, right),
  neq: (_context, left = null, right = null) => !equals(left, right),
  gt: (_context, left = null, right = null) => compare(left, right) > 0,
  gte: (_context, left = null, right = null) => compare(left, right) >= 0,
  lt: (_context, left = null, right = null) => compare(left, right) < 0,
  lte: (_context, left = null, right = null) => compare(left, right) <= 0,
};
