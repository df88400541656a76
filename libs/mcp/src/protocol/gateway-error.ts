import type { JsonRpcId } from './json-rpc.js';

/** Thrown when the gateway itself refuses a message, or the upstream fails. No policy decides this refusal. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';

  /**
   * @param status - the HTTP status
   * @param code - the code of the JSON-RPC error
   * @param id - the request's id, when the gateway could read it
   * @param headers - additional headers of the HTTP response
   */
  constructor(
    readonly status: number,
    readonly code: number,
    message: string,
    readonly id?: JsonRpcId | null,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}
