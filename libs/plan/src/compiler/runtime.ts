import {
  baseGet,
  conflict,
  enter,
  failed,
  insertOnce,
  lengthOf,
  merge,
  overlay,
  RuleIndex,
  scan,
  spendOnCall,
  UNDEFINED,
  upsert,
} from '../runtime/index.js';
import type { Memo } from '../runtime/index.js';
import {
  addToSet,
  equals,
  fromCaller,
  get,
  insertInto,
  isObject,
  isSet,
  RegoObject,
  RegoSet,
  work,
} from '../values/index.js';
import type { Value } from '../values/index.js';
import { ruleAt } from './rule-tree.js';

/** What the generated code has as `r`. */
export const runtime = {
  addToSet,
  baseGet,
  conflict,
  enter,
  equals,
  failed,
  fromCaller,
  get,
  insertInto,
  insertOnce,
  isObject,
  isPlain,
  isSet,
  keep,
  lengthOf,
  merge,
  overlay,
  prototype: Object.prototype,
  RegoObject,
  RegoSet,
  ruleAt,
  RuleIndex,
  scan,
  spendOnCall,
  UNDEFINED,
  upsert,
  work,
};

/** Whether a value is an object as JSON.parse makes it, where `__proto__` doesn't tell. */
function isPlain(value: Value | undefined): boolean {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function keep(memo: Memo, index: number, value: Value | undefined): Value | undefined {
  memo[index] = value ?? (value === null ? null : UNDEFINED);
  return value;
}
