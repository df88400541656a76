import { Logger } from '@nestjs/common';
import { OpaError } from 'nestjs-opa';
import type { OpaService } from 'nestjs-opa';
import { uncached } from '../protocol/cache-hints.js';
import type { McpCall } from '../protocol/call.js';
import type { McpResult } from './enforcer.js';
import { isObject } from '../protocol/parse.js';
import { partsOfList } from '../protocol/plain-members.js';
import { shownBy } from './shown.js';

/** What a list policy is asked with. */
export interface ListQuestion {
  readonly call: McpCall;
  /** Where the items stand, and which of their members names them. */
  readonly list: readonly [items: string, name: string];
  readonly policy: string;
  /** The input of the request's own decision. */
  readonly input: Readonly<Record<string, unknown>>;
  readonly signal?: AbortSignal | undefined;
}

const logger = new Logger('OpaMcp');

/**
 * Leaves the items of a page that a policy shows, in one question.
 *
 * @throws OpaError when no answer can be had, or the result is no list
 */
export async function filtered(
  opa: Pick<OpaService, 'show' | 'mode' | 'reportWouldDeny'>,
  { call, list: [key, name], policy, input, signal }: ListQuestion,
  result: unknown,
): Promise<McpResult> {
  const items: unknown = isObject(result) ? result[key] : undefined;
  if (!isObject(result) || !Array.isArray(items) || !items.every(isObject)) {
    throw new OpaError('OPA_BAD_ANSWER', `The MCP server's ${call.request.method} is not a list.`);
  }
  const { plain, other } = partsOfList(without(result, key));
  const response = Object.keys(other).length > 0 && { response: { result: other } };
  const question = { policy, input: { ...input, items, ...response }, phase: 'response', signal } as const;
  const { value: shown = true, id } = await opa.show(question, (document) => shownBy(document, policy));
  const isShown = ({ [name]: named }: Readonly<Record<string, unknown>>): boolean =>
    typeof shown === 'boolean' ? shown : typeof named === 'string' && shown.has(named);
  const left = items.filter(isShown);
  if (opa.mode === 'permissive') {
    if (left.length < items.length) opa.reportWouldDeny(policy, 'deny', []);
    return { result };
  }
  const names = items.filter((item) => !isShown(item)).map((item) => String(item[name]));
  return {
    // Even a list that is whole for this caller is not for all.
    result: uncached(call, { ...(shown === false ? plain : result), [key]: left }),
    ...(names.length > 0 && { hidden: { names, ...(id !== undefined && { decisionId: id }) } }),
  };
}

const without = (fields: Readonly<Record<string, unknown>>, key: string): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => name !== key));

/** Says of each tool once that its own mapping isn't followed. */
export class DeclaredMappings {
  private readonly met = new Set<string>();

  /** @param tools - as the server lists them */
  report(tools: readonly unknown[]): void {
    for (const tool of tools) {
      const schema = isObject(tool) ? tool['inputSchema'] : undefined;
      if (!isObject(schema) || !('x-authzen-mapping' in schema)) continue;
      const name = JSON.stringify((tool as Record<string, unknown>)['name']);
      if (this.met.has(name) || this.met.size >= MAX_REPORTED) continue;
      this.met.add(name);
      logger.warn(
        `The tool ${name} declares an x-authzen-mapping, which is not followed: the default one decides it.`,
      );
    }
  }
}

const MAX_REPORTED = 1_000;
