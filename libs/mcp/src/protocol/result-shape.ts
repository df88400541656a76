import { OpaError } from 'nestjs-opa';
import type { McpEra } from './call.js';
import { isObject } from './parse.js';

const LISTS: Readonly<Record<string, string>> = {
  'tools/call': 'content',
  'prompts/get': 'messages',
  'resources/read': 'contents',
};

/**
 * Checks that a result has MCP's shape, for a policy can't be asked about what it doesn't know: an object whose
 * `content`, `messages` or `contents` is a list of objects, with a `structuredContent` that is an object; or a task
 * handle, or an `input_required` result, which need no such list.
 *
 * @param policy - the policy that has left the result as it is; without one it is the server's own
 * @throws OpaError `OPA_BAD_ANSWER` when it is the server's, `OPA_BAD_DECISION` when it is the policy's
 */
export function assertResultShape(
  method: string,
  result: unknown,
  era: McpEra,
  policy?: string,
): Record<string, unknown> {
  const bad = (why: string): OpaError => misshapen(method, why, policy);
  if (!isObject(result)) throw bad('it is not an object');
  const key = LISTS[method];
  if (key === undefined) return result;
  const items: unknown = result[key];
  if (!isWithout(result) && !isListOfItems(items, key)) {
    throw bad(`its "${key}" is not a list of objects`);
  }
  const structured = result['structuredContent'];
  if (structured !== undefined && era === 'legacy' && !isObject(structured)) {
    throw bad('its "structuredContent" is not an object');
  }
  return result;
}

// A task's handle comes without the task's result, which would else pass as something that no policy knows.
function isWithout(result: Readonly<Record<string, unknown>>): boolean {
  if (result['resultType'] === 'input_required') return true;
  const handle = isObject(result['task']) ? result['task'] : result;
  return typeof handle['taskId'] === 'string' && !('result' in handle) && !('result' in result);
}

function isListOfItems(items: unknown, key: string): boolean {
  return Array.isArray(items) && items.every((item) => isObject(item) && hasType(item, key));
}

// Of the three only content has one.
function hasType(item: Readonly<Record<string, unknown>>, key: string): boolean {
  return key !== 'content' || typeof item['type'] === 'string';
}

function misshapen(method: string, why: string, policy: string | undefined): OpaError {
  return policy === undefined
    ? new OpaError('OPA_BAD_ANSWER', `The MCP server's result of ${method} can't be decided: ${why}.`)
    : new OpaError('OPA_BAD_DECISION', `The policy "${policy}" leaves no result of ${method}: ${why}.`);
}
