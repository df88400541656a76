import type { ExecutionContext } from '@nestjs/common';
import type { Decision, MaybePromise } from '../../contracts/index.js';
import type { GraphqlPath } from './call.js';
import { graphqlCall } from './call.js';

// The key is the path object of the outermost list. All fields below the list share it, and each operation has a new one.
const decisionsByList = new WeakMap<GraphqlPath, WeakMap<object, Decisions>>();

type Decisions = Map<string, MaybePromise<Decision>>;

/**
 * Makes one decision for a field of all items of a list. GraphQL calls the resolver of the field once for each item.
 *
 * @param by - the module instance that decides
 * @param key - the declaration and the input; only queries with the same key share a decision
 */
export function decideOnceForList(
  context: ExecutionContext,
  by: object,
  key: string,
  decide: () => MaybePromise<Decision>,
): MaybePromise<Decision> {
  const list = outermostList(graphqlCall(context).info.path);
  if (list === undefined) return decide();
  const ofList = decisionsByList.get(list) ?? new WeakMap<object, Decisions>();
  decisionsByList.set(list, ofList);
  const decisions = ofList.get(by) ?? (new Map() as Decisions);
  ofList.set(by, decisions);
  const decision = decisions.get(key) ?? decide();
  decisions.set(key, decision);
  return decision;
}

function outermostList(path: GraphqlPath | undefined): GraphqlPath | undefined {
  let list: GraphqlPath | undefined;
  for (let at = path; at !== undefined; at = at.prev) if (typeof at.key === 'number') list = at.prev;
  return list;
}
