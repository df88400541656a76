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

/** The helper functions of the generated code, which reads them from `r`. */
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

/** Whether a value has the prototype of JSON.parse's objects. Used when `__proto__` is disabled. */
function isPlain(value: Value | undefined): boolean {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function keep(memo: Memo, index: number, value: Value | undefined): Value | undefined {
  memo[index] = value ?? (value === null ? null : UNDEFINED);
  return value;
}
