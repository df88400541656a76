import { OpaError } from '../contracts/index.js';
import type { McpEra } from './enforcer.js';
import { isObject } from './parse.js';

const LISTS: Readonly<Record<string, string>> = {
  'tools/call': 'content',
  'prompts/get': 'messages',
  'resources/read': 'contents',
};

/**
 * Checks that a result has MCP's shape, for a policy can't be asked about what it doesn't know: an object whose
 * `content`, `messages` or `contents` is a list of objects, with a `structuredContent` that is an object; or a task
 * handle, or an `input_required` result.
 *
 * @throws OpaError `OPA_BAD_ANSWER`
 */
export function assertResultShape(method: string, result: unknown, era: McpEra): Record<string, unknown> {
  if (!isObject(result)) throw bad(method, 'it is not an object');
  if (isObject(result['task']) && typeof result['task']['taskId'] === 'string') return result;
  if (typeof result['taskId'] === 'string' || result['resultType'] === 'input_required') return result;
  const key = LISTS[method];
  if (key === undefined) return result;
  const items: unknown = result[key];
  if (!Array.isArray(items) || !items.every((item) => isWellFormed(item, key))) {
    throw bad(method, `its "${key}" is not a list of objects`);
  }
  const structured = result['structuredContent'];
  if (structured !== undefined && era === 'legacy' && !isObject(structured)) {
    throw bad(method, 'its "structuredContent" is not an object');
  }
  return result;
}

function isWellFormed(item: unknown, key: string): boolean {
  if (!isObject(item)) return false;
  return key === 'content' ? typeof item['type'] === 'string' : true;
}

function bad(method: string, why: string): OpaError {
  return new OpaError('OPA_BAD_ANSWER', `The MCP server's result of ${method} can't be decided: ${why}.`);
}
