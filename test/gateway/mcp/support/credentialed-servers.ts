import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Cleanup } from '../../support/cleanup.js';
import { buildGoServers, startProcess } from './real-servers.js';
import type { McpTools } from './tools.js';

const NOTES = join(import.meta.dirname, '../fixtures/python/notes.py');
const CREDENTIAL = 'glpat-12345678901234567890';
const BEARER = { authorization: `Bearer ${CREDENTIAL}` };

/** A tool call: the name and the arguments. */
export type ToolCall = readonly [name: string, args: Readonly<Record<string, unknown>>];

/** A real MCP server that answers 401 to every request without its credential. */
export interface CredentialedServer {
  readonly url: string;
  /** The headers with the credential. */
  readonly headers: Readonly<Record<string, string>>;
  /** A call that the policy of the tests allows, and a part of its result. */
  readonly allowed: ToolCall;
  readonly text: string;
  /** A call that the policy of the tests denies. */
  readonly denied: ToolCall;
}

type Start = (cleanup: Cleanup, tools: McpTools) => Promise<CredentialedServer>;

/** The servers by their name. */
export const CREDENTIALED: readonly (readonly [name: string, start: Start])[] = [
  ['FastMCP 4', (cleanup, { python }) => startNotes(cleanup, python.fastmcp, 'fastmcp')],
  ['Python mcp 1.x', (cleanup, { python }) => startNotes(cleanup, python.v1, 'mcp')],
  ['the Go SDK', startGoSdk],
  ['mcp-gitlab', startGitlab],
];

async function startNotes(cleanup: Cleanup, python: string, framework: string): Promise<CredentialedServer> {
  return {
    url: await startProcess(cleanup, python, [NOTES, framework, CREDENTIAL], {}),
    headers: BEARER,
    allowed: ['read_note', { title: 'plan' }],
    text: 'plan: the text',
    denied: ['delete_note', { title: 'plan' }],
  };
}

async function startGoSdk(cleanup: Cleanup): Promise<CredentialedServer> {
  const { sdk } = await buildGoServers();
  return {
    url: await startProcess(cleanup, sdk, [], { TOKEN: CREDENTIAL }),
    headers: BEARER,
    allowed: ['safe', {}],
    text: 'safe',
    denied: ['danger', {}],
  };
}

/** Starts mcp-gitlab in front of a GitLab that knows one project. */
async function startGitlab(cleanup: Cleanup, tools: McpTools): Promise<CredentialedServer> {
  const gitlab = createServer(({ headers }, response) => {
    const isKnown = headers['private-token'] === CREDENTIAL;
    response.writeHead(isKnown ? 200 : 401, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ id: 1, name: 'demo', path_with_namespace: 'team/demo' }));
  });
  const api = `http://127.0.0.1:${await listenOnLoopback(cleanup, gitlab)}/api/v4`;
  const env = {
    HOST: '127.0.0.1',
    PORT: String(await freePort()),
    STREAMABLE_HTTP: 'true',
    REMOTE_AUTHORIZATION: 'true',
    GITLAB_API_URL: api,
  };
  return {
    url: await startProcess(cleanup, tools.node, [tools.gitlab], env),
    headers: { 'private-token': CREDENTIAL },
    allowed: ['get_project', { project_id: 'team/demo' }],
    text: 'team/demo',
    denied: ['merge_merge_request', { project_id: 'team/demo', merge_request_iid: '1' }],
  };
}

async function listenOnLoopback(cleanup: Cleanup, server: ReturnType<typeof createServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanup.add(server, () => server.close());
  return (server.address() as AddressInfo).port;
}

/** A port that nobody listens on, for programs that can't choose a port themselves. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
