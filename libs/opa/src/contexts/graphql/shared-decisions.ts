import type { ExecutionContext } from '@nestjs/common';
import type { Decision, MaybePromise } from '../../contracts/index.js';
import type { GraphqlPath } from './call.js';
import { graphqlCall } from './call.js';

// By the path of the outermost list, which is one object for all fields below it, and another the next time.
const asked = new WeakMap<GraphqlPath, WeakMap<object, Decisions>>();

type Decisions = Map<string, MaybePromise<Decision>>;

/**
 * Asks once what the items of a list ask alike: a field of a list's items is a call for each of them.
 *
 * @param by - the module instance that decides
 * @param key - what decides, and the input: only questions alike in all of it share a decision
 */
export function askOnceForList(
  context: ExecutionContext,
  by: object,
  key: string,
  ask: () => MaybePromise<Decision>,
): MaybePromise<Decision> {
  const list = outermostList(graphqlCall(context).info.path);
  if (list === undefined) return ask();
  const ofList = asked.get(list) ?? new WeakMap<object, Decisions>();
  asked.set(list, ofList);
  const decisions = ofList.get(by) ?? (new Map() as Decisions);
  ofList.set(by, decisions);
  const decision = decisions.get(key) ?? ask();
  decisions.set(key, decision);
  return decision;
}

function outermostList(path: GraphqlPath | undefined): GraphqlPath | undefined {
  let list: GraphqlPath | undefined;
  for (let at = path; at !== undefined; at = at.prev) if (typeof at.key === 'number') list = at.prev;
  return list;
}
