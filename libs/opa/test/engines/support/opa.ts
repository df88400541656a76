import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { tempFolder } from './temp.js';

const run = promisify(execFile);
const getOpa = join(import.meta.dirname, '..', '..', '..', '..', '..', 'scripts', 'get-opa.mjs');
let binary: Promise<string> | undefined;

/** The path of the OPA binary. Rejects when there is none, because tests must not skip without OPA. */
export function opaBinary(): Promise<string> {
  binary ??= findOpa();
  return binary;
}

async function findOpa(): Promise<string> {
  if (existsSync(getOpa)) {
    const { stdout } = await run(process.execPath, [getOpa, '--print']);
    return stdout.trimEnd().split('\n').at(-1) ?? '';
  }
  const fromEnvironment = process.env['OPA_BIN'];
  if (fromEnvironment === undefined)
    throw new Error('No OPA: there is no scripts/get-opa.mjs, and OPA_BIN is not set.');
  return fromEnvironment;
}

/** Files by path: Rego as a string, data as a JSON value. */
export type Sources = Readonly<Record<string, string | object>>;

/** Writes files into a new folder. */
export async function writeSources(sources: Sources): Promise<string> {
  const folder = await tempFolder();
  for (const [path, content] of Object.entries(sources)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return folder;
}

/** Builds a plan bundle with the real OPA. Returns the path of the bundle. */
export async function buildBundle(sources: Sources | string, ...entrypoints: string[]): Promise<string> {
  const folder = await writeSources(typeof sources === 'string' ? { 'policy.rego': sources } : sources);
  const output = join(await tempFolder(), 'bundle.tar.gz');
  const flags = entrypoints.flatMap((path) => ['-e', path]);
  await run(await opaBinary(), ['build', '-t', 'plan', ...flags, '-b', folder, '-o', output]);
  return output;
}

/** Evaluates a query with the real OPA. Returns `undefined` for an undefined result. */
export async function opaEval(folder: string, query: string, input: unknown): Promise<unknown> {
  const child = run(await opaBinary(), ['eval', '-f', 'json', '-b', folder, '--stdin-input', query]);
  child.child.stdin?.end(JSON.stringify(input));
  const { stdout } = await child;
  const output = JSON.parse(stdout) as { result?: [{ expressions: [{ value: unknown }] }] };
  return output.result?.[0].expressions[0].value;
}
