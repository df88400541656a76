import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import type { EngineAnswer, OpaError, OpaModuleOptions, PolicyEngine, RouteReport } from 'nestjs-opa';
import type { ContextDriver, HandlerName, RunningContext, Seen } from '../driver.js';

type Message =
  | { type: 'question'; id: number; policy: string; input: unknown }
  | { type: 'called'; name: HandlerName }
  | { type: 'started'; url: string }
  | { type: 'routes'; routes: RouteReport[] }
  | { type: 'closed' };

let process: ChildProcess | undefined;

/** Ends the server's process; for `afterAll`. */
export async function stopMcp(): Promise<void> {
  if (process === undefined) return;
  const over = once(process, 'exit');
  process.disconnect();
  process = undefined;
  await over;
}

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
  const child = (process ??= fork(join(import.meta.dirname, '../fixtures/mcp-nest.mjs'), { execArgv: [] }));
  const told = (type: Message['type']): Promise<Message> =>
    new Promise((resolve) => {
      const listen = (message: Message): void => {
        if (message.type !== type) return;
        child.off('message', listen);
        resolve(message);
      };
      child.on('message', listen);
    });
  const serve = (message: Message): void => {
    if (message.type === 'called') called(message.name);
    if (message.type !== 'question') return;
    const { id, policy, input } = message;
    engine.evaluate({ policy, input }, { deadline: Infinity }).then(
      (answer: EngineAnswer) => child.send({ type: 'answer', id, answer }),
      (error: unknown) => {
        const { code, message: text } = error as OpaError;
        child.send({ type: 'answer', id, code, message: text });
      },
    );
  };
  child.on('message', serve);
  const started = told('started');
  child.send({ type: 'start', options, subject });
  const { url } = (await started) as { url: string };
  const client = new Client({ name: 'test', version: '1.0.0' });
  await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/mcp`)));
  return {
    client,
    routes: async () => {
      const known = told('routes');
      child.send({ type: 'routes' });
      return ((await known) as { routes: RouteReport[] }).routes;
    },
    close: async () => {
      await client.close();
      const closed = told('closed');
      child.send({ type: 'close' });
      await closed;
      child.off('message', serve);
    },
  };
}

/** Tells what came of a request to an MCP server. */
export async function answered(request: Promise<unknown>): Promise<Seen> {
  try {
    return { result: await request };
  } catch (error) {
    const { code, message, data } = error as { code: number; message: string; data?: Record<string, never> };
    return {
      error: { code, message, reasons: data?.['reasons'], decisionId: data?.['decisionId'], rest: data },
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
        const seen = await answered(client.callTool({ name, arguments: { id } }));
        if ('error' in seen) return seen;
        const { content } = seen.result as { content: { text: string }[] };
        return { result: JSON.parse(content[0]?.text ?? 'null') as unknown };
      },
      close,
    };
  },
};
