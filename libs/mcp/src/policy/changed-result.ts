import { edited } from 'nestjs-opa/internal';
import type { ResultEdit } from 'nestjs-opa/internal';
import { markModified } from '../protocol/cache-hints.js';
import type { McpCall } from '../protocol/call.js';
import type { ResultForm } from '../protocol/methods/index.js';
import type { OutputSchemas } from '../protocol/output-schemas.js';
import { assertResultShape } from '../protocol/result-shape.js';
import { assertNoMaskedCopy } from './masked-copies.js';

/** The changes that policies make to a result. */
export interface ResultChanges {
  /** What replaces the result; `undefined` when no policy replaces the result. */
  readonly body: unknown;
  readonly edits: readonly ResultEdit[];
  /** The paths of the policies that make these changes, for errors. */
  readonly policies: readonly string[];
}

/**
 * Changes a result as the policies say. The changed result must keep its shape and match the tool's output schema, and
 * no masked text may stand in another place.
 *
 * @param result - the result as the MCP server sent it
 * @returns the changed result; the same object as `result` when the policies change nothing
 * @throws OpaError `OPA_BAD_DECISION` when the changed result must not leave
 */
export async function changedResult(
  { call, form, schemas }: { call: McpCall; form: ResultForm; schemas: OutputSchemas },
  result: Record<string, unknown>,
  { body, edits, policies }: ResultChanges,
): Promise<Record<string, unknown>> {
  if (body === undefined && edits.length === 0) return result;
  const changers = namesOf(policies);
  const original = body === undefined ? result : body;
  const changed = assertResultShape(call, form, edited(original, edits), changers);
  assertNoMaskedCopy(original, changed, edits, changers);
  await schemas.assertValid(call, changed, result);
  return markModified(call, changed);
}

const namesOf = (policies: readonly string[]): string =>
  `The ${policies.length === 1 ? 'policy' : 'policies'} ${policies.map((policy) => `"${policy}"`).join(' and ')}`;
