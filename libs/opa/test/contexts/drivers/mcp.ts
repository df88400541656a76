import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { OpaModuleOptions, PolicyEngine, RouteReport } from 'nestjs-opa';
import type { ContextDriver, HandlerName, RunningContext, CallResult } from '../driver.js';
import { ChildHost } from './child.js';

const host = new ChildHost('mcp-nest.mjs');

/** Ends the server's process; for `afterAll`. */
export const stopMcp = (): Promise<void> => host.stop();

/**
 * Starts an MCP server of @rekog/mcp-nest that is decided by the test's engine, and a client that is connected to it.
 *
 * @param subject - whether its subject counts in place, as `meetings`, how often it was asked for, or can't be found
 */
export async function startMcp(
  { engine, ...options }: OpaModuleOptions & { engine: PolicyEngine },
  called: (handler: HandlerName) => void = () => undefined,
  subject?: 'counts' | 'missing',
): Promise<{ client: Client; routes(): Promise<RouteReport[]>; close(): Promise<void> }> {
  const app = await host.start<{ url: string }>(engine, { options, subject }, called);
  const client = new Client({ name: 'test', version: '1.0.0' });
  await client.connect(new StreamableHTTPClientTransport(new URL(`${app.started.url}/mcp`)));
  return {
    client,
    routes: async () => (await app.ask('routes')) as RouteReport[],
    close: async () => {
      await client.close();
      await app.close();
    },
  };
}

/** Tells what came of a request to an MCP server. */
export async function answered(request: Promise<unknown>): Promise<CallResult> {
  try {
    return { result: await request };
  } catch (error) {
    const { code, message, data } = error as { code: number; message: string; data?: Record<string, never> };
    return {
      error: {
        code,
        message,
        reasons: data?.['reasons'],
        decisionId: data?.['decisionId'],
        retryAfter: data?.['retryAfter'],
        rest: data,
      },
    };
  }
}

/** Tools of @rekog/mcp-nest. */
export const mcpNest: ContextDriver = {
  name: 'MCP, @rekog/mcp-nest',
  column: 'jsonRpc',
  isOwnProcess: true,
  input: {
    subject: { type: 'anonymous' },
    action: { name: 'tools/call' },
    resource: { type: 'tool', id: 'read' },
    context: {},
    request: { method: 'tools/call', params: { name: 'read', arguments: { id: '7' } } },
  },
  start: async (_opa, called, options): Promise<RunningContext> => {
    const { client, close } = await startMcp(options as OpaModuleOptions & { engine: PolicyEngine }, called);
    return {
      call: async (name, id) => {
        const result = await answered(client.callTool({ name, arguments: { id } }));
        if ('error' in result) return result;
        const { content } = result.result as { content: { text: string }[] };
        return { result: JSON.parse(content[0]?.text ?? 'null') as unknown };
      },
      close,
    };
  },
};
