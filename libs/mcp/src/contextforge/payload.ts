import type { Point } from './hooks.js';
import { MODALITIES } from './kinds.js';
import type { Kinds, Modality } from './kinds.js';

type Fields = Record<string, unknown>;

/** The payload before a call: what is called, with its arguments. */
export function payloadBefore(point: Point, id: string, params: Readonly<Fields>): Fields {
  return { [point.key]: id, ...(point.target !== 'resource' && { args: params['arguments'] ?? {} }) };
}

/**
 * The payload after a call: what was called, the kinds of content that the entry looks at, and those kinds of the
 * result that no entry does, so that nothing passes unseen.
 *
 * @param named - the kinds that the entry names
 * @param claimed - the kinds that any entry names of those that decide the result
 */
export function payloadAfter(
  point: Point,
  id: string,
  kinds: Kinds,
  named: ReadonlySet<Modality>,
  claimed: ReadonlySet<Modality>,
): Fields {
  const payload: Fields = { [point.key]: id };
  for (const kind of MODALITIES) {
    const content = kinds[kind];
    if (content === undefined) continue;
    const isThere = !(Array.isArray(content) && content.length === 0) || kind === 'structured';
    if (named.has(kind) || (!claimed.has(kind) && isThere)) payload[kind] = content;
  }
  return payload;
}
