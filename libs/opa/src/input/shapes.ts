import { OpaError } from '../contracts/index.js';
import { visibleBody } from './body.js';
import { pickHeaders } from './headers.js';
import type { HttpRequest } from './http-request.js';
import { pathOf, routeOf, targetOf } from './http-request.js';
import type { OpaInputOptions } from './input.options.js';
import { peerAddress } from './peer-address.js';
import type { Input, InputSource, ShapeName, SourceOptions } from './source.js';
import { userName } from './user-name.js';

/** The parts of an HTTP request that a shape is built from. */
interface HttpSource {
  readonly request: HttpRequest;
  readonly subject: unknown;
  readonly headers: readonly string[];
  readonly body: OpaInputOptions['body'];
}

type Shape = (source: HttpSource) => Input;

// The four members of AuthZEN, and the request beside them.
const standard: Shape = ({ request, subject, headers, body }) => {
  const { method } = request;
  const route = routeOf(request);
  const fields = {
    method,
    path: pathOf(request),
    route,
    params: request.params ?? {},
    query: request.query ?? {},
    headers: pickHeaders(request.headers, headers),
    ip: peerAddress(request.ip),
  };
  return {
    subject,
    action: { name: method },
    resource: { type: 'route', id: route },
    context: {},
    request: body ? { ...fields, ...visibleBody(request, body) } : fields,
  };
};

/** AuthZEN 1.0: subject, action, resource and context, and no other members. */
const authzen: Shape = ({ request, subject, headers, body }) => ({
  subject,
  action: { name: request.method },
  resource: {
    type: 'route',
    id: routeOf(request).replace(/:(\w+)/g, '{$1}'),
    properties: { path: pathOf(request), params: request.params ?? {}, query: request.query ?? {} },
  },
  context: {
    headers: pickHeaders(request.headers, headers),
    ip: peerAddress(request.ip),
    ...visibleBody(request, body),
  },
});

/**
 * The fields that opa-envoy-plugin documents, except `request.time`. With a time, every input would differ, so that the
 * decision cache would never have an entry. A policy can call `time.now_ns()`.
 */
const envoy: Shape = ({ request, subject, headers, body }) => {
  const target = targetOf(request);
  const path = pathOf(request);
  const { body: visible, truncated } = visibleBody(request, body);
  const isForm = isOfType(request, 'application/x-www-form-urlencoded');
  const isText = typeof visible === 'string' && !isOfType(request, 'application/json');
  const query = new URLSearchParams(target.slice(path.length + 1));
  const { method, socket } = request;
  const { host, 'x-request-id': id } = request.headers;
  return {
    attributes: {
      source: { ...peer(request.ip, socket?.remotePort), principal: subject },
      destination: peer(socket?.localAddress, socket?.localPort),
      request: {
        http: {
          ...(id !== undefined && { id }),
          method,
          path: target,
          host,
          scheme: request.protocol,
          protocol: `HTTP/${request.raw?.httpVersion ?? request.httpVersion ?? '1.1'}`,
          headers: {
            ':authority': host,
            ':method': method,
            ':path': target,
            ...pickHeaders(request.headers, headers),
          },
          size: sizeOf(request),
          // The parser does not store the bytes of a JSON body, so the parsed body is serialized again.
          ...(visible !== undefined && !isForm && { body: isText ? visible : JSON.stringify(visible) }),
        },
      },
      metadataContext: {},
    },
    version: { ext_authz: 'v3', encoding: 'protojson' },
    parsed_path: decoded(path).replace(/^\/+/, '').split('/'),
    parsed_query: Object.fromEntries([...new Set(query.keys())].map((key) => [key, query.getAll(key)])),
    parsed_body: isText ? null : isForm ? lists(visible) : (visible ?? null),
    truncated_body: truncated === true,
  };
};

/** The input that ContextForge's OPA plugin sends, with an HTTP route as its payload. */
const contextforge: Shape = ({ request, subject, headers, body }) => ({
  kind: 'http',
  user: userName(subject),
  request_ip: peerAddress(request.ip),
  headers: pickHeaders(request.headers, headers),
  payload: {
    method: request.method,
    path: pathOf(request),
    params: request.params ?? {},
    query: request.query ?? {},
    ...visibleBody(request, body),
  },
  context: {},
  mode: 'input',
});

function isOfType({ headers }: HttpRequest, type: string): boolean {
  return String(headers['content-type']).includes(type);
}

function peer(address: string | undefined, portValue: number | undefined): Input {
  return { address: { socketAddress: { address: peerAddress(address), portValue } } };
}

// In bytes. -1 with chunked transfer coding, whose length nobody knows in advance.
function sizeOf({ headers }: HttpRequest): number {
  return headers['transfer-encoding'] === undefined ? Number(headers['content-length'] ?? 0) : -1;
}

// opa-envoy-plugin uses Go's `url.Values`, in which every value is a list.
function lists(form: unknown): Input | null {
  if (typeof form !== 'object' || form === null) return null;
  return Object.fromEntries(Object.entries(form).map(([key, value]) => [key, [value as unknown].flat()]));
}

// opa-envoy-plugin decodes the path before it splits it, and refuses a path that it can't decode.
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch (cause) {
    throw new OpaError(
      'OPA_BAD_INPUT',
      "The request's path has invalid percent-encoding. The client must correct it.",
      { cause, clientFault: true },
    );
  }
}

const SHAPES: Readonly<Record<ShapeName, Shape>> = { default: standard, authzen, envoy, contextforge };

/** Makes the input source of a plain HTTP request. */
export function requestSource(request: HttpRequest, { headers, body }: SourceOptions): InputSource {
  return {
    user: request.user,
    inShape: (name, subject) => SHAPES[name]({ request, subject, headers, body }),
  };
}
