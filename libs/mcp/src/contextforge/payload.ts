import { MODALITIES } from './modalities.js';
import type { ContentByModality, Modality } from './modalities.js';

/** The kinds of content that entries of one plugin see of a result. */
export interface VisibleModalities {
  /** The kinds that the entry names. */
  readonly named: ReadonlySet<Modality>;
  /** The kinds that any entry of the plugin names, of those that decide the result. */
  readonly namedByAny: ReadonlySet<Modality>;
}

/**
 * The payload of a hook after a call: the resource's id, the kinds of content that the entry names, and the kinds that
 * no entry names. The latter make sure that no part of a result passes unseen.
 *
 * @param idKey - the member that holds the resource's id
 */
export function payloadAfter(
  idKey: string,
  id: string,
  content: ContentByModality,
  { named, namedByAny }: VisibleModalities,
): Record<string, unknown> {
  const payload: Record<string, unknown> = { [idKey]: id };
  for (const modality of MODALITIES) {
    const part = content[modality];
    if (part === undefined) continue;
    const isEmpty = Array.isArray(part) && part.length === 0 && modality !== 'structured';
    if (named.has(modality) || (!namedByAny.has(modality) && !isEmpty)) payload[modality] = part;
  }
  return payload;
}
