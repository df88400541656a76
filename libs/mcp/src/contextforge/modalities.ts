import type { ResultForm } from '../protocol/methods/index.js';
import { isObject } from '../protocol/parse.js';
import { splitResult } from '../protocol/split-members.js';

/** The kinds of content that `policy_modality` can name. */
export const MODALITIES = ['text', 'image', 'resource', 'other', 'structured'] as const;

/** A kind of content. */
export type Modality = (typeof MODALITIES)[number];

/** The content of a result, split by kind. Every part of the result is in at least one kind. */
export interface ContentByModality {
  /** The text of text items. */
  readonly text: string[];
  readonly image: unknown[];
  /** Embedded resources and blob contents. */
  readonly resource: unknown[];
  /**
   * Items of any other kind, items with more members than the lists above show, and the further members of the result.
   */
  readonly other: unknown[];
  /** A tool's `structuredContent`. */
  readonly structured?: unknown;
}

/**
 * Splits a result by kind of content.
 *
 * @param id - the id of the resource that the request names
 */
export function splitByModality(
  form: ResultForm,
  id: string,
  result: Readonly<Record<string, unknown>>,
): ContentByModality {
  const content: ContentByModality = { text: [], image: [], resource: [], other: [] };
  const items = result[form];
  if (Array.isArray(items)) for (const item of items as unknown[]) ADD[form](item, content, id);
  const structured = form === 'content' ? result['structuredContent'] : undefined;
  const added = [
    ...(Array.isArray(items) ? [form] : []),
    ...(structured === undefined ? [] : ['structuredContent']),
  ];
  const further = Object.entries(splitResult(result).content).filter(([key]) => !added.includes(key));
  if (further.length > 0) content.other.push(Object.fromEntries(further));
  return structured === undefined ? content : { ...content, structured };
}

// A server could hide any text in a media type of its own, so that an item with an unlisted type is shown whole.
const MEDIA_TYPE =
  /^(text\/(plain|html|css|csv|markdown|xml|javascript|yaml)|application\/(json|xml|yaml|javascript))( *; *(charset="?(utf-?8|us-ascii)"?|profile="?mcp-app"?))?$/i;
const ADD = { content: addItem, messages: addMessage, contents: addContents } as const;

function addItem(item: unknown, content: ContentByModality): void {
  if (!isObject(item)) content.other.push(item);
  else if (item['type'] === 'image') content.image.push(item);
  else if (item['type'] === 'resource') content.resource.push(item);
  else if (item['type'] === 'text' && typeof item['text'] === 'string') {
    content.text.push(item['text']);
    if (hasOtherKeys(item, ['type', 'text'])) content.other.push(item);
  } else content.other.push(item);
}

function addMessage(message: unknown, content: ContentByModality): void {
  const { role, content: body } = isObject(message) ? message : {};
  const items: unknown[] = [body].flat();
  const isPlain = (role === 'user' || role === 'assistant') && items.every(isObject);
  for (const item of items) if (isObject(item)) addItem(item, content);
  if (!isObject(message) || !isPlain || hasOtherKeys(message, ['role', 'content'])) {
    content.other.push(message);
  }
}

function addContents(contents: unknown, content: ContentByModality, uri: string): void {
  const { text, blob, mimeType, ...others } = isObject(contents) ? contents : {};
  if (typeof text === 'string') content.text.push(text);
  if (typeof blob === 'string') content.resource.push(contents);
  else if (
    typeof text !== 'string' ||
    !isMediaType(mimeType ?? '') ||
    others['uri'] !== uri ||
    hasOtherKeys(others, ['uri'])
  ) {
    content.other.push(contents);
  }
}

function isMediaType(type: unknown): boolean {
  return type === '' || (typeof type === 'string' && MEDIA_TYPE.test(type));
}

function hasOtherKeys(item: object, keys: readonly string[]): boolean {
  return Object.keys(item).some((key) => !keys.includes(key));
}
