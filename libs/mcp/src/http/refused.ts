import type { McpRefusal } from '../policy/enforcer.js';
import type { McpCall } from '../protocol/call.js';

/** A message that a policy stops. The controller answers the client with the refusal. */
export class Refused extends Error {
  /** @param call - the request that the refusal answers; `undefined` for a message that has no response of its own */
  constructor(
    readonly refusal: McpRefusal,
    readonly call?: McpCall,
  ) {
    super(refusal.message);
  }
}
