import { OpaError } from 'nestjs-opa';
import type { McpCall } from './call.js';
import type { ResultForm } from './methods/index.js';
import { isObject } from './parse.js';

/**
 * Checks that a result has the shape that MCP gives it, since a policy can decide only what it knows. Accepted are:
 *
 * - an object whose list of items (`content`, `messages` or `contents`) holds objects, and whose `structuredContent` is
 *   an object (in the modern era: any JSON);
 * - a task handle without the task's result;
 * - a result whose `resultType` is `input_required`.
 *
 * @param form - the form of the method's results
 * @param changers - the words that name the policies that changed the result, such as `The policy "orders"`; leave it
 *   out for a result as the MCP server sent it
 * @throws OpaError `OPA_BAD_ANSWER` for a result of the MCP server, `OPA_BAD_DECISION` for a result of the policy
 */
export function assertResultShape(
  { request: { method }, era }: McpCall,
  form: ResultForm,
  result: unknown,
  changers?: string,
): Record<string, unknown> {
  const bad = (why: string): OpaError => shapeError(method, why, changers);
  if (!isObject(result)) throw bad('it is not an object');
  if (!needsNoItems(result) && !isListOfItems(result[form], form)) {
    throw bad(`its "${form}" is not a list of objects`);
  }
  const structured = result['structuredContent'];
  if (structured !== undefined && era === 'legacy' && !isObject(structured)) {
    throw bad('its "structuredContent" is not an object');
  }
  return result;
}

// A handle that holds the task's result is refused: no policy would see this result.
function needsNoItems(result: Readonly<Record<string, unknown>>): boolean {
  if (result['resultType'] === 'input_required') return true;
  const handle = isObject(result['task']) ? result['task'] : result;
  return typeof handle['taskId'] === 'string' && !('result' in handle) && !('result' in result);
}

// Only the items of `content` have a type.
function isListOfItems(items: unknown, form: ResultForm): boolean {
  const isItem = (item: unknown): boolean =>
    isObject(item) && (form !== 'content' || typeof item['type'] === 'string');
  return Array.isArray(items) && items.every(isItem);
}

function shapeError(method: string, why: string, changers: string | undefined): OpaError {
  return changers === undefined
    ? new OpaError(
        'OPA_BAD_ANSWER',
        `The MCP server's result of ${method} does not have the shape that MCP defines: ${why}. The result is refused.`,
      )
    : new OpaError(
        'OPA_BAD_DECISION',
        `${changers} changed a result of ${method} to a shape that MCP does not define: ${why}. ` +
          'Correct the body or the obligations.',
      );
}
