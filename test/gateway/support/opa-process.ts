import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const GET_OPA = join(import.meta.dirname, '../../../scripts/get-opa.mjs');

/** The policies of the gateway's own tests: editors do everything, viewers read, and don't see e-mail addresses. */
const POLICIES = {
  'request.rego': `package test.request
default allow := false
allow if input.subject.role == "editor"
allow if { input.request.method == "GET"; input.subject.role == "viewer" }
allow if startswith(input.request.path, "/public/")
reasons contains "only editors may change orders" if not allow
headers := {"x-policy-path": input.request.path}`,
  'response.rego': `package test.response
default allow := false
allow if input.response.status < 500
obligations contains {"type": "mask", "properties": {"paths": ["/customer/email"]}} if input.subject.role != "editor"`,
  'nothing.rego': `package test.nothing
allow if input.never`,
  'open.rego': `package test.open
allow := true
headers := {"x-policy-path": input.request.path}`,
};
const ENTRYPOINTS = ['test/request', 'test/response', 'test/nothing/allow', 'test/open'];

/** A real OPA, with the test's policies. */
export interface OpaProcess {
  readonly url: string;
  readonly port: number;
  kill(): Promise<void>;
}

/** The test's policies in a folder, as Rego and as a Wasm bundle. */
export interface Policies {
  readonly folder: string;
  readonly bundle: string;
  remove(): Promise<void>;
}

async function opaBinary(): Promise<string> {
  const { OPA_BIN } = process.env;
  if (OPA_BIN !== undefined && OPA_BIN !== '') return OPA_BIN;
  const { stdout } = await run(process.execPath, [GET_OPA]);
  return stdout.trim();
}

export async function writePolicies(): Promise<Policies> {
  const folder = await mkdtemp(join(tmpdir(), 'policies-'));
  for (const [name, text] of Object.entries(POLICIES)) await writeFile(join(folder, name), text);
  const bundle = join(folder, 'bundle.tar.gz');
  const entrypoints = ENTRYPOINTS.flatMap((entrypoint) => ['-e', entrypoint]);
  await run(await opaBinary(), ['build', '-t', 'wasm', ...entrypoints, '-o', bundle, ...regoFiles(folder)]);
  return { folder, bundle, remove: () => rm(folder, { recursive: true }) };
}

const regoFiles = (folder: string): string[] => Object.keys(POLICIES).map((name) => join(folder, name));

/** Starts OPA, on a free port unless one is given, and waits until it answers. */
export async function startOpa({ folder }: Policies, port?: number): Promise<OpaProcess> {
  const address = `127.0.0.1:${port ?? (await freePort())}`;
  const args = ['run', '--server', '--skip-version-check', '--addr', address, '--log-level', 'error'];
  const child = spawn(await opaBinary(), [...args, ...regoFiles(folder)], { stdio: 'ignore' });
  const exited = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const url = `http://${address}`;
  while (child.exitCode === null && !(await answers(url))) await setTimeout(20);
  if (child.exitCode !== null) throw new Error(`OPA ended with exit code ${child.exitCode}`);
  return {
    url,
    port: Number(new URL(url).port),
    kill: () => {
      child.kill('SIGKILL');
      return exited;
    },
  };
}

const answers = (url: string): Promise<boolean> =>
  fetch(`${url}/health`).then(
    ({ ok }) => ok,
    () => false,
  );

/** OPA doesn't say which port it took, so that it has to be told one. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
