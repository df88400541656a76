import type { HttpReply } from '../contexts/index.js';
import { LiveBody } from './live-body.js';
import type { ResponseBody } from './response-body.js';
import { JSON_TYPE, WrittenBody } from './written-body.js';

/** The content type that Express and Fastify both set for JSON. */
const DEFAULT_TYPE = 'application/json; charset=utf-8';

/** The content type that a reply has so far. */
export function contentTypeOf(reply: HttpReply): string | undefined {
  const type = reply.getHeaders()['content-type'];
  return typeof type === 'string' ? type : undefined;
}

/** Makes the adapter send a text unchanged, even when the handler has called Fastify's `reply.serializer()`. */
export function sendText<T extends string | Buffer>(reply: HttpReply, text: T, type?: string): T {
  const declared = contentTypeOf(reply);
  if (declared === undefined) {
    if (type !== undefined) reply.header('content-type', type);
  } else if (JSON_TYPE.test(declared) && !/;\s*charset=/i.test(declared)) {
    reply.header('content-type', `${declared}; charset=utf-8`);
  }
  // Another payload may replace the text, such as the error of a hook. That payload still needs a serializer.
  reply.serializer?.((payload) => (typeof payload === 'string' ? payload : JSON.stringify(payload)));
  return text;
}

/**
 * Serializes a result as Express or Fastify would, once and before the decision. No `toJSON`, replacer, schema or
 * serializer can then change the result after the decision.
 */
export function serializedOnce(result: unknown, reply: HttpReply): ResponseBody {
  const declared = contentTypeOf(reply);
  const isFastify = reply.serialize !== undefined;
  const content = contentOf(result, reply);
  if (content === undefined) return new LiveBody(result === null ? null : undefined);
  const type = isFastify || typeof result === 'object' ? DEFAULT_TYPE : undefined;
  return new WrittenBody(content, {
    type: declared,
    isJson: declared === undefined || !isFastify,
    send: (text) => sendText(reply, text, type),
    sendDocument: (document) => {
      if (document === null && !isFastify) return null;
      if (typeof document === 'string' && declared === undefined) return sendText(reply, document);
      return sendText(reply, expressJson(document, reply, false) ?? '', DEFAULT_TYPE);
    },
  });
}

/** The serialized content of a result; `undefined` when the response has no body. */
function contentOf(result: unknown, reply: HttpReply): string | Buffer | undefined {
  if (result === undefined) return undefined;
  if (reply.serialize === undefined) return result === null ? undefined : expressJson(result, reply, true);
  // Fastify may choose a serializer by the content type. The policy must see only the headers that the handler set.
  const isDeclared = contentTypeOf(reply) !== undefined;
  if (!isDeclared) reply.header('content-type', DEFAULT_TYPE);
  const content = reply.serialize(result);
  if (!isDeclared) reply.removeHeader('content-type');
  return typeof content === 'object' ? Buffer.from(content as Uint8Array) : content;
}

type Replacer = (key: string, value: unknown) => unknown;

// Applies the Express settings of res.json(). Fastify has no such settings.
function expressJson(value: unknown, { app }: HttpReply, first: boolean): string | undefined {
  const replacer = first ? (app?.get('json replacer') as Replacer | undefined) : undefined;
  const text = JSON.stringify(value, replacer, app?.get('json spaces') as string | undefined) as
    string | undefined;
  return app?.get('json escape') === true
    ? text?.replace(/[<>&]/g, (char) => `\\u00${char.charCodeAt(0).toString(16)}`)
    : text;
}
