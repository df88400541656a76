import type { McpRefusal } from '../policy/enforcer.js';
import type { McpCall } from '../protocol/call.js';

/** Thrown when a policy stops a message. The controller sends the client the refusal. */
export class Refused extends Error {
  /** @param call - the request that the policy stops; `undefined` for a message that is not a request */
  constructor(
    readonly refusal: McpRefusal,
    readonly call?: McpCall,
  ) {
    super(refusal.message);
  }
}
