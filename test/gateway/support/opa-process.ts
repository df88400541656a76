import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { startOpa as start } from 'nestjs-opa/testing';

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
obligations contains {"type": "mask", "properties": {"paths": ["/customer/email"]}} if not input.subject.role == "editor"`,
  'removal.rego': `package test.removal
allow := true
obligations contains {"type": "remove", "properties": {"paths": ["/customer/email"]}}`,
  'service.rego': `package test.service
allow := true
headers := {"authorization": "Bearer of-the-gateway"}`,
  'forwarding.rego': `package test.forwarding
allow := true
headers := {"x-real-ip": "192.0.2.1", "x_tenant": "acme"}`,
  'reflect.rego': `package test.reflect
allow := false
reasons contains json.marshal(input)`,
  'subject.rego': `package test.subject
allow := true
headers := {"x-subject": json.marshal(input.subject)}`,
  'nothing.rego': `package test.nothing
allow if input.never`,
  'open.rego': `package test.open
allow := true
headers := {"x-policy-path": input.request.path}`,
};
const ENTRYPOINTS = [
  'test/request',
  'test/response',
  'test/removal',
  'test/service',
  'test/forwarding',
  'test/reflect',
  'test/subject',
  'test/nothing/allow',
  'test/open',
];

/** A real OPA, with the test's policies. */
export interface OpaProcess {
  readonly url: string;
  readonly port: number;
  kill(): Promise<void>;
}

/** The test's policies, as Rego and as a plan bundle. */
export interface Policies {
  readonly rego: Readonly<Record<string, string>>;
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
  const files = Object.keys(POLICIES).map((name) => join(folder, name));
  for (const file of files) await writeFile(file, POLICIES[basename(file) as keyof typeof POLICIES]);
  const bundle = join(folder, 'bundle.tar.gz');
  const entrypoints = ENTRYPOINTS.flatMap((entrypoint) => ['-e', entrypoint]);
  await run(await opaBinary(), ['build', '-t', 'plan', ...entrypoints, '-o', bundle, ...files]);
  return { rego: POLICIES, bundle, remove: () => rm(folder, { recursive: true }) };
}

/** Starts OPA, on a free port unless one is given, with further arguments. */
export async function startOpa(
  { rego }: Pick<Policies, 'rego'>,
  port?: number,
  args: readonly string[] = [],
): Promise<OpaProcess> {
  const binary = await opaBinary();
  const address = port === undefined ? {} : { address: `127.0.0.1:${port}` };
  const { url, stop } = await start({ rego, binary, args, ...address });
  return { url, port: Number(new URL(url).port), kill: () => stop('SIGKILL') };
}
