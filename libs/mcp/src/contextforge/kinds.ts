import { isObject } from '../protocol/parse.js';
import { partsOfResult } from '../protocol/plain-members.js';
import type { Point } from './hooks.js';

/** The kinds of content that `policy_modality` can name. */
export const MODALITIES = ['text', 'image', 'resource', 'other', 'structured'] as const;

/** A kind of content. */
export type Modality = (typeof MODALITIES)[number];

/** A result taken apart by kind; nothing of it is in none. */
export interface Kinds {
  /** The text of text items. */
  readonly text: string[];
  readonly image: unknown[];
  /** Embedded resources and blob contents. */
  readonly resource: unknown[];
  /** Items of any other kind, those that hold more than the lists above show, and what else the result has. */
  readonly other: unknown[];
  /** A tool's `structuredContent`. */
  readonly structured?: unknown;
}

/** Takes a result apart. */
export function kindsOf(point: Point, id: string, result: Readonly<Record<string, unknown>>): Kinds {
  const kinds: Kinds = { text: [], image: [], resource: [], other: [] };
  const items = result[point.items];
  if (Array.isArray(items)) for (const item of items as unknown[]) SORT[point.target](item, kinds, id);
  const structured = point.target === 'tool' ? result['structuredContent'] : undefined;
  const listed = [
    ...(Array.isArray(items) ? [point.items] : []),
    ...(structured === undefined ? [] : ['structuredContent']),
  ];
  const rest = Object.entries(partsOfResult(result).other).filter(([key]) => !listed.includes(key));
  if (rest.length > 0) kinds.other.push(Object.fromEntries(rest));
  return structured === undefined ? kinds : { ...kinds, structured };
}

// A type of a server's own could say anything.
const MEDIA_TYPE =
  /^(text\/(plain|html|css|csv|markdown|xml|javascript|yaml)|application\/(json|xml|yaml|javascript))( *; *(charset="?(utf-?8|us-ascii)"?|profile="?mcp-app"?))?$/i;
const SORT = { tool: sortItem, prompt: sortMessage, resource: sortContents } as const;

function sortItem(item: unknown, kinds: Kinds): void {
  if (!isObject(item)) kinds.other.push(item);
  else if (item['type'] === 'image') kinds.image.push(item);
  else if (item['type'] === 'resource') kinds.resource.push(item);
  else if (item['type'] === 'text' && typeof item['text'] === 'string') {
    kinds.text.push(item['text']);
    if (hasMore(item, ['type', 'text'])) kinds.other.push(item);
  } else kinds.other.push(item);
}

function sortMessage(message: unknown, kinds: Kinds): void {
  const { role, content } = isObject(message) ? message : {};
  const items: unknown[] = [content].flat();
  const isPlain = (role === 'user' || role === 'assistant') && items.every(isObject);
  for (const item of items) if (isObject(item)) sortItem(item, kinds);
  if (!isObject(message) || !isPlain || hasMore(message, ['role', 'content'])) kinds.other.push(message);
}

function sortContents(contents: unknown, kinds: Kinds, uri: string): void {
  const { text, blob, mimeType, ...others } = isObject(contents) ? contents : {};
  if (typeof text === 'string') kinds.text.push(text);
  if (typeof blob === 'string') kinds.resource.push(contents);
  else if (
    typeof text !== 'string' ||
    !isMediaType(mimeType ?? '') ||
    others['uri'] !== uri ||
    hasMore(others, ['uri'])
  ) {
    kinds.other.push(contents);
  }
}

function isMediaType(type: unknown): boolean {
  return type === '' || (typeof type === 'string' && MEDIA_TYPE.test(type));
}

function hasMore(item: object, known: readonly string[]): boolean {
  return Object.keys(item).some((key) => !known.includes(key));
}
