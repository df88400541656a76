import { peerAddress } from 'nestjs-opa/internal';
import { userOf } from '../policy/coaz.js';
import type { McpCall } from '../protocol/call.js';
import { contextOf } from './context.js';
import { mapped } from './data-map.js';
import type { Hook } from './hooks.js';
import type { PluginEntry } from './plugin-file.js';

/** The input of an entry's policy: shape `contextforge`, or what the entry maps of it. */
export function inputOf(
  call: McpCall,
  entry: PluginEntry,
  kind: Hook,
  mode: 'input' | 'output',
  payload: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const { caller, request } = call;
  const input = {
    kind,
    user: userOf(call),
    request_ip: peerAddress(caller.ip),
    headers: caller.headers,
    payload,
    context: contextOf(request.params ?? {}, entry.contextKeys),
    mode,
  };
  return entry.dataMap === undefined ? input : mapped(input, entry.dataMap);
}
