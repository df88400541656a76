import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { Agent, fetch as undiciFetch } from 'undici';
import type { ToolCall } from './credentialed-servers.js';
import { connectAny, connectLegacy } from './clients.js';
import { outputOf } from './tools.js';
import type { McpTools } from './tools.js';

const PYTHON = join(import.meta.dirname, '../fixtures/python/client.py');

/** How a client reaches a server over TLS. */
export interface TlsTarget {
  readonly url: string;
  readonly token: string;
  /** The certificate authority of the server: its PEM text, and a file with the text. */
  readonly ca: { readonly pem: string; readonly file: string };
}

/** What a client saw: the names of the tools, and the text or the error of each call. */
export interface ClientView {
  readonly tools: readonly string[];
  readonly texts: readonly string[];
}

type Run = (tools: McpTools, target: TlsTarget, calls: readonly ToolCall[]) => Promise<ClientView>;

/** The clients by their name. Each opens a session, lists the tools, and makes the calls. */
export const TLS_CLIENTS: readonly (readonly [name: string, run: Run])[] = [
  ['TypeScript sdk 1.x', runSdk],
  ['TypeScript client 2.x', runClient],
  ['Python mcp 1.26', runPython],
  ['mcp-remote', runRemote],
];

/** The part that the official clients of all versions have. */
interface CallingClient {
  listTools(): Promise<{ tools: { name: string }[] }>;
  callTool(params: { name: string; arguments: Record<string, unknown> }): Promise<unknown>;
  close(): Promise<void>;
}

async function runSdk(_tools: McpTools, target: TlsTarget, calls: readonly ToolCall[]): Promise<ClientView> {
  return withFetch(target, async (send) => {
    const client = await connectLegacy(target.url, target.token, undefined, send);
    return viewOf(client, calls);
  });
}

async function runClient(
  _tools: McpTools,
  target: TlsTarget,
  calls: readonly ToolCall[],
): Promise<ClientView> {
  return withFetch(target, async (send) => {
    const client = await connectAny(target.url, target.token, send);
    return viewOf(client, calls);
  });
}

/** Runs with a fetch that trusts the certificate authority of the tests. */
async function withFetch<T>({ ca }: TlsTarget, run: (send: typeof fetch) => Promise<T>): Promise<T> {
  const dispatcher = new Agent({ connect: { ca: ca.pem } });
  try {
    const send = (url: unknown, init: object | undefined) =>
      undiciFetch(url as string, { ...init, dispatcher });
    return await run(send);
  } finally {
    await dispatcher.destroy();
  }
}

async function runRemote(
  { node, remote }: McpTools,
  { url, token, ca }: TlsTarget,
  calls: readonly ToolCall[],
): Promise<ClientView> {
  const home = await mkdtemp(join(tmpdir(), 'mcp-remote-'));
  try {
    const { PATH = '' } = process.env;
    const transport = new StdioClientTransport({
      command: node,
      args: [remote, url, '--transport', 'http-only', '--header', 'Authorization:${AUTH}'],
      env: { PATH, HOME: home, NODE_EXTRA_CA_CERTS: ca.file, AUTH: `Bearer ${token}` },
      stderr: 'ignore',
    });
    const client = new Client({ name: 'test', version: '1.0.0' });
    await client.connect(transport);
    return await viewOf(client, calls);
  } finally {
    await rm(home, { recursive: true });
  }
}

async function runPython(
  { python }: McpTools,
  { url, token, ca }: TlsTarget,
  calls: readonly ToolCall[],
): Promise<ClientView> {
  const output = await outputOf(python.v1, [PYTHON, url, token, ca.file, JSON.stringify(calls)]);
  return JSON.parse(output) as ClientView;
}

async function viewOf(client: CallingClient, calls: readonly ToolCall[]): Promise<ClientView> {
  try {
    const { tools } = await client.listTools();
    const texts: string[] = [];
    for (const [name, args] of calls) texts.push(await textOf(client.callTool({ name, arguments: args })));
    return { tools: tools.map(({ name }) => name), texts };
  } finally {
    await client.close();
  }
}

async function textOf(call: Promise<unknown>): Promise<string> {
  try {
    const { content } = (await call) as { content: { text: string }[] };
    return content[0]?.text ?? '';
  } catch (error) {
    return String(error);
  }
}
