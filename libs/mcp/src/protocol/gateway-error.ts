import type { JsonRpcId } from './json-rpc.js';

/** A request that the gateway itself refuses, before any policy is asked. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';

  /**
   * @param status - the HTTP status
   * @param code - the code of the JSON-RPC error
   * @param id - the request's id, where it is known
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
