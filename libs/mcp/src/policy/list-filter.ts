import { OpaError } from 'nestjs-opa';
import type { OpaService } from 'nestjs-opa';
import { markUncacheable } from '../protocol/cache-hints.js';
import type { McpCall } from '../protocol/call.js';
import type { ListRule } from '../protocol/methods/index.js';
import { isObject } from '../protocol/parse.js';
import { splitList } from '../protocol/split-members.js';
import { CallOrigin } from './call-origin.js';
import type { McpOrigin, McpResult } from './enforcer.js';
import { parseVisibleItems } from './visible-items.js';

/** The query about the items of one page of a list. */
export interface ListQuery {
  readonly call: McpCall;
  readonly list: ListRule;
  readonly policy: string;
  /** The input of the decision on the request. */
  readonly input: Readonly<Record<string, unknown>>;
  readonly origin: McpOrigin;
}

/**
 * Removes the items that a list policy hides from a page. One query decides the whole page.
 *
 * @throws OpaError when OPA gives no usable decision, or the MCP server's result is not a list
 */
export async function filterList(
  opa: Pick<OpaService, 'show' | 'mode' | 'reportWouldDeny'>,
  { call, list, policy, input, origin }: ListQuery,
  result: unknown,
): Promise<McpResult> {
  const items: unknown = isObject(result) ? result[list.items] : undefined;
  if (!isObject(result) || !Array.isArray(items) || !items.every(isObject)) {
    throw new OpaError(
      'OPA_BAD_ANSWER',
      `The MCP server's result of ${call.request.method} has no "${list.items}" that is a list of objects. The result ` +
        'is refused.',
    );
  }
  const { metadata, content } = splitList(without(result, list.items));
  const response = Object.keys(content).length > 0 && { response: { result: content } };
  const query = {
    policy,
    input: { ...input, items, ...response },
    phase: 'response',
    signal: origin.signal,
    origin: new CallOrigin(call, origin, 'list'),
  } as const;
  const { value: visible = true, id } = await opa.show(query, (document) =>
    parseVisibleItems(document, policy),
  );
  const isVisible = ({ [list.name]: name }: Readonly<Record<string, unknown>>): boolean =>
    typeof visible === 'boolean' ? visible : typeof name === 'string' && visible.has(name);
  const remaining = items.filter(isVisible);
  if (opa.mode === 'permissive') {
    if (remaining.length < items.length) opa.reportWouldDeny(policy, 'deny', []);
    return { result };
  }
  const names = items.filter((item) => !isVisible(item)).map(({ [list.name]: name }) => textOf(name));
  return {
    // A list of which nothing is hidden is still this caller's alone.
    result: markUncacheable(call, { ...(visible === false ? metadata : result), [list.items]: remaining }),
    ...(names.length > 0 && { hidden: { names, ...(id !== undefined && { decisionId: id }) } }),
  };
}

// `String` would fail on an object whose `toString` is no function.
const textOf = (name: unknown): string => (typeof name === 'string' ? name : 'an item without a name');

const without = (fields: Readonly<Record<string, unknown>>, key: string): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => name !== key));
