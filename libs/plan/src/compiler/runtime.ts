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
  isSet,
  keep,
  lengthOf,
  merge,
  overlay,
  prototype: Object.prototype,
  prototypeOf: Object.getPrototypeOf,
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

function keep(memo: Memo, index: number, value: Value | undefined): Value | undefined {
  memo[index] = value ?? (value === null ? null : UNDEFINED);
  return value;
}
