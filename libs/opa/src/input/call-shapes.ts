import { OpaError } from '../contracts/index.js';
import type { Call } from './call.js';
import type { ContextKind } from '../contracts/index.js';
import { pickHeaders } from './headers.js';
import type { Input } from './source.js';
import type { InputSource, ShapeName, SourceOptions } from './source.js';
import { userName } from './user-name.js';

/** What a shape is built from. */
interface CallSource {
  readonly kind: ContextKind;
  readonly call: Call;
  readonly subject: unknown;
  readonly headers: readonly string[];
}

type CallShape = (source: CallSource) => Input;

const standard: CallShape = ({ call, subject }) => ({
  subject,
  action: { name: call.action },
  resource: call.resource,
  context: {},
  request: call.request,
});

const authzen: CallShape = ({ call, subject, headers }) => ({
  subject,
  action: { name: call.action },
  resource: { ...call.resource, properties: call.request },
  context: {
    ...(call.http !== undefined && { headers: pickHeaders(call.http.headers, headers) }),
    ...(call.ip !== undefined && { ip: call.ip }),
  },
});

const contextforge: CallShape = ({ kind, call, subject, headers }) => ({
  kind,
  user: userName(subject),
  request_ip: call.ip,
  headers: call.http === undefined ? {} : pickHeaders(call.http.headers, headers),
  payload: call.request,
  context: {},
  mode: 'input',
});

const envoy: CallShape = ({ kind }) => {
  throw new OpaError(
    'OPA_BAD_INPUT',
    `The input shape "envoy" describes HTTP requests, and this is a context of kind "${kind}". Give another shape, or a function.`,
  );
};

const SHAPES: Readonly<Record<ShapeName, CallShape>> = { default: standard, authzen, envoy, contextforge };

/** The source of a call that is no plain HTTP request. */
export function callSource(kind: ContextKind, call: Call, { headers }: SourceOptions): InputSource {
  return {
    user: call.user,
    inShape: (name, subject) => SHAPES[name]({ kind, call, subject, headers }),
  };
}
