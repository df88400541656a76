import {
  codesOf,
  DENIED,
  DENIED_MESSAGE,
  denialDetails,
  failureDetails,
  failureMessage,
} from '../../decision/index.js';
import { findMcpContext } from './request.js';
import { protocolError, rpcException } from '../optional-peers.js';
import type { EnforcementPoint } from '../enforcement-point.js';

/**
 * Enforces decisions on the tools, prompts and resources of an MCP server. A refusal is a JSON-RPC error. Its `data` holds
 * `reasons` and `decisionId` when the policy gives them, and the `retryAfter` of a rate limit in seconds.
 *
 * @remarks A decision sets and removes no headers here.
 */
export const mcpPoint: EnforcementPoint = {
  strip: () => undefined,
  permit: () => undefined,
  whileConnected: (context, work) => work(findMcpContext(context)?.sdkContext?.mcpReq?.signal),
  denial: (_context, decision) => refusal(DENIED.jsonRpc, DENIED_MESSAGE, denialDetails(decision)),
  failure: (_context, error) => refusal(codesOf(error).jsonRpc, failureMessage(error), failureDetails(error)),
  reply: () => undefined,
  challenge: 'reasons',
};

async function refusal(code: number, message: string, data?: object): Promise<Error> {
  return rpcException(await protocolError(code, message, data));
}
