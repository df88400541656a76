import type { ExecutionContext } from '@nestjs/common';
import type { Decision, MaybePromise } from '../contracts/index.js';
import { inputJson } from '../contracts/index.js';
import type { GraphqlPath } from '../input/index.js';
import { graphqlCall } from '../input/index.js';

// By the path of the outermost list, which is one object for all fields below it, and another the next time.
const asked = new WeakMap<GraphqlPath, Map<string, MaybePromise<Decision>>>();

/**
 * Asks once what the items of a list ask alike: a field of a list's items is a call for each of them.
 *
 * @param question - what decides, and the input: only those alike in all of it share a decision
 * @throws OpaError `OPA_BAD_INPUT` when the question has no JSON form
 */
export function askOnceForList(
  context: ExecutionContext,
  question: unknown,
  ask: () => MaybePromise<Decision>,
): MaybePromise<Decision> {
  const list = outermostList(graphqlCall(context).info.path);
  if (list === undefined) return ask();
  const decisions = asked.get(list) ?? new Map<string, MaybePromise<Decision>>();
  asked.set(list, decisions);
  const key = inputJson(question);
  const decision = decisions.get(key) ?? ask();
  decisions.set(key, decision);
  return decision;
}

function outermostList(path: GraphqlPath | undefined): GraphqlPath | undefined {
  let list: GraphqlPath | undefined;
  for (let at = path; at !== undefined; at = at.prev) if (typeof at.key === 'number') list = at.prev;
  return list;
}
