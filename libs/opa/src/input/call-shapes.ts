import { OpaError } from '../contracts/index.js';
import type { Call } from './call.js';
import type { ContextKind } from '../contracts/index.js';
import { pickHeaders } from './headers.js';
import type { Input } from './source.js';
import type { InputSource, ShapeName, SourceOptions } from './source.js';
import { userName } from './user-name.js';

/** The parts of a call that a shape is built from. */
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
    `The input shape "envoy" describes HTTP requests, but this context is of kind "${kind}". Set option "input.shape" to another shape or to a function.`,
  );
};

const SHAPES: Readonly<Record<ShapeName, CallShape>> = { default: standard, authzen, envoy, contextforge };

/** Makes the input source of a call that is not a plain HTTP request. */
export function callSource(kind: ContextKind, call: Call, { headers }: SourceOptions): InputSource {
  return {
    user: call.user,
    inShape: (name, subject) => SHAPES[name]({ kind, call, subject, headers }),
  };
}
