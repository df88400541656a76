import { types } from 'node:util';
import { isPromise, OpaError } from '../contracts/index.js';

/**
 * Refuses a result whose JSON may differ from the content that the client receives. Examples: a serializer lists the
 * entries of a Map, GraphQL lists a Set and resolves a promise, and socket.io sends an ArrayBuffer.
 *
 * @throws OpaError `OPA_BAD_ANSWER` with the path of the refused value
 */
export function assertVisible(value: unknown, path = '', depth = 0): void {
  if (typeof value !== 'object' || value === null) return;
  const hidden = hiddenKind(value);
  if (hidden !== undefined) throw notVisible(path, hidden);
  if (ArrayBuffer.isView(value)) return;
  // A cycle ends here too. JSON.stringify refuses the cycle and names it.
  if (depth > MAX_DEPTH) return;
  if ('toJSON' in value && typeof value.toJSON === 'function')
    return assertVisible((value as { toJSON: (key: string) => unknown }).toJSON(''), path, depth + 1);
  for (const [key, member] of Object.entries(value)) assertVisible(member, `${path}/${key}`, depth + 1);
}

const MAX_DEPTH = 1_000;

/** Refuses a result of a type that has no JSON, on every kind of context: a function, an error or a stream. */
export function assertDecidable(result: unknown): void {
  if (typeof result === 'function' || typeof result === 'symbol' || typeof result === 'bigint')
    throw notVisible('', `a ${typeof result}`);
  if (typeof result !== 'object' || result === null) return;
  const kind = result instanceof Error ? 'an error, which must be thrown' : streamKind(result);
  if (kind !== undefined) throw notVisible('', kind);
}

function hiddenKind(value: object): string | undefined {
  if (types.isMap(value) && value.size > 0) return 'a Map';
  if (types.isSet(value) && value.size > 0) return 'a Set';
  if (types.isAnyArrayBuffer(value)) return 'an ArrayBuffer';
  if (types.isDataView(value)) return 'a DataView';
  if (isPromise(value)) return 'a promise';
  return streamKind(value) ?? (isHiddenList(value) ? 'an iterable' : undefined);
}

// GraphQL lists the items of an iterable, such as Headers. JSON shows only the members of the object.
function isHiddenList(value: object): boolean {
  const isShown = Array.isArray(value) || ArrayBuffer.isView(value) || types.isBoxedPrimitive(value);
  const isEmpty = types.isMap(value) || types.isSet(value);
  return !isShown && !isEmpty && Symbol.iterator in value && !('toJSON' in value);
}

const isIterator = (value: object): boolean =>
  Symbol.iterator in value && 'next' in value && typeof value.next === 'function';

// Nest and Fastify send the content of these objects. Their JSON looks empty.
function streamKind(value: object): string | undefined {
  if (value instanceof Blob) return 'a Blob';
  if (Object.prototype.toString.call(value) === '[object Response]') return 'a Response';
  const isStream = ['pipe', 'getReader', Symbol.asyncIterator].some(
    (key) => typeof (value as Record<string | symbol, unknown>)[key] === 'function',
  );
  if (isStream) return 'a stream';
  return isIterator(value) ? 'an iterator' : undefined;
}

function notVisible(path: string, kind: string): OpaError {
  return new OpaError(
    'OPA_BAD_ANSWER',
    `The result${path === '' ? '' : ` at ${JSON.stringify(path)}`} is ${kind}, which a response policy can't see. ` +
      'Return JSON data, a text, bytes, a StreamableFile, or an Observable of the items of a stream.',
  );
}
