import type { ContextAdapter } from '../adapter.js';
import { byArguments } from '../call-arguments.js';
import { mcpAudit } from './audit.js';
import { mcpPoint } from './point.js';
import { findMcpContext, mcpCarrier, mcpTarget } from './request.js';
import { mcpSource } from './source.js';

/** Tools, prompts and resources of MCP servers that are built on Nest's microservices (`@rekog/mcp-nest`). */
export const mcpAdapter: ContextAdapter = {
  ...byArguments,
  matches: (context) => context.getType() === 'rpc' && findMcpContext(context) !== undefined,
  source: mcpSource,
  routeLabel: () => undefined,
  carrier: mcpCarrier,
  mcpTarget,
  point: mcpPoint,
  results: { leaves: () => 'last', isReplyBody: false, globalInterceptorsRun: false, isEditable: () => true },
  audit: mcpAudit,
};
