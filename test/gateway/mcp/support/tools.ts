import { execFile } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const SCRIPT = join(import.meta.dirname, '../../../../scripts/get-mcp-tools.mjs');
const CALLS = join(import.meta.dirname, '../fixtures/python/calls.py');
const LIMIT_MS = 120_000;

/** Where the programs are that `scripts/get-mcp-tools.mjs` gets. */
export interface McpTools {
  readonly node: string;
  readonly inspector: string;
  readonly conformance: string;
  readonly remote: string;
  readonly gitlab: string;
  readonly python: { readonly v1: string; readonly v2: string; readonly fastmcp: string };
}

/** Gets the programs: out of the cache, or from npm and PyPI. */
export async function getMcpTools(): Promise<McpTools> {
  const { stdout } = await run(process.execPath, [SCRIPT]);
  return JSON.parse(stdout) as McpTools;
}

/** Runs a program to its end, whatever its exit code; gives what it wrote. */
export function outputOf(program: string, args: readonly string[], env: object = {}): Promise<string> {
  const { PATH = '' } = process.env;
  const options = { env: { PATH, ...env }, timeout: LIMIT_MS, maxBuffer: 64 << 20 };
  return new Promise((resolve) => {
    execFile(program, args, options, (_error, stdout, stderr) => resolve(stdout + stderr));
  });
}

/** Runs the Inspector's command line; gives what it prints. */
export async function inspect(tools: McpTools, url: string, ...method: string[]): Promise<unknown> {
  const home = await mkdtemp(join(tmpdir(), 'inspector-'));
  try {
    const args = [tools.inspector, '--cli', url, '--transport', 'http', '--method', ...method];
    return JSON.parse(await outputOf(tools.node, args, { HOME: home })) as unknown;
  } finally {
    await rm(home, { recursive: true });
  }
}

/** Has the Python client call a tool that is denied, then one that isn't. */
export const pythonCalls = async (tools: McpTools, version: 'v1' | 'v2', url: string): Promise<unknown> =>
  JSON.parse(await outputOf(tools.python[version], [CALLS, version, url])) as unknown;

/** Runs the conformance suite's server scenarios of one revision; gives the checks that passed, by scenario. */
export async function conform(tools: McpTools, url: string, revision: string): Promise<Set<string>> {
  const folder = await mkdtemp(join(tmpdir(), 'conformance-'));
  try {
    const args = ['server', '--url', url, '--requirements', revision, '--output-dir', folder];
    await outputOf(tools.node, [tools.conformance, ...args]);
    const passed = new Set<string>();
    for (const name of await readdir(folder)) {
      const text = await readFile(join(folder, name, 'checks.json'), 'utf8');
      const scenario = name.replace(/-\d{4}-\d\d-\d\dT.*$/, '');
      for (const { id, status } of JSON.parse(text) as { id: string; status: string }[]) {
        if (status === 'SUCCESS') passed.add(`${scenario}: ${id}`);
      }
    }
    return passed;
  } finally {
    await rm(folder, { recursive: true });
  }
}
