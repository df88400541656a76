import { comparableHeader } from 'nestjs-opa/internal';

/** Headers of a single connection. A proxy must not forward them (RFC 9110, 7.6.1). */
export const HOP_BY_HOP = [
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** Whether a header belongs to a single connection. */
export const isHopByHop = (name: string): boolean => HOP_BY_HOP.includes(name);

/** Headers with which some frameworks replace the method or the path of the request line. */
export const REQUEST_OVERRIDES = [
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-original-*',
  'x-rewrite-url',
];

/**
 * Headers in which a proxy names the client or the host. The gateway removes them, because a client can forge them.
 */
export const PROXY_HEADERS = [
  'cf-connecting-*',
  'client-ip',
  'fastly-client-ip',
  'forwarded',
  'front-end-https',
  'true-client-ip',
  'x-azure-clientip',
  'x-azure-socketip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-envoy-*',
  'x-forwarded*',
  'x-host',
  'x-originating-ip',
  'x-real-ip',
  'x-remote-addr',
  'x-remote-ip',
];

/** Headers of the MCP transport, of the client's software and of tracing. `HeaderRules` forwards most of them. */
export const PROTOCOL_HEADERS =
  /^(accept|accept-language|content-type|user-agent|mcp-[a-z0-9-]+|last-event-id|traceparent|tracestate|baggage|x-request-id)$/;

/** The mirrored headers, which repeat values of the message. */
export const MIRRORED_HEADERS = /^mcp-(method|name|param-.*)$/;

/** Headers that concern only the client and the gateway. The gateway never forwards a client's credential. */
export const GATEWAY_ONLY = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'host',
  'origin',
  'accept-encoding',
]);

/**
 * Headers that define how a message is read, or which pages may read the response. A policy's value could contradict the
 * message.
 */
const FORBIDDEN_TO_POLICY =
  /^(host|expect|accept|accept-encoding|content-(type|length|encoding)|last-event-id|mcp-.*|access-control-.*|vary)$/;

/** Whether a policy may set or remove this header in the upstream request, or in the response to the client. */
export const maySetByPolicy = (name: string): boolean => {
  const comparable = comparableHeader(name);
  return !FORBIDDEN_TO_POLICY.test(comparable) && !isHopByHop(comparable);
};
