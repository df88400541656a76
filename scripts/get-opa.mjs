// Gets the one pinned OPA: OPA_BIN, else the PATH, else the cache, else the official release, else `go install`.
// Says on stderr which it is; the last line of stdout is the binary's absolute path.
import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, delimiter, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { downloadRelease, OPA_VERSION } from './lib/opa-release.mjs';

const run = promisify(execFile);
const BINARY = process.platform === 'win32' ? 'opa.exe' : 'opa';

/** Returns the absolute path of an OPA of the pinned version; throws one error that lists everything that was tried. */
export async function getOpa(env = process.env, say = (line) => process.stderr.write(`${line}\n`)) {
  if (env.OPA_BIN) {
    // A bare name that is not a file in this folder is searched on the PATH, as a shell does.
    const path = resolve(env.OPA_BIN);
    const binary = isExecutable(path) ? path : (onPath(env.OPA_BIN, env) ?? path);
    await assertVersion(binary, env);
    say(`OPA ${OPA_VERSION}: ${binary} (OPA_BIN)`);
    return binary;
  }
  const folder = cacheFolder(env);
  const cached = join(folder, BINARY);
  const failed = [];
  const tries = [
    ['on the PATH', () => onPath(BINARY, env)],
    ['cached', () => cached],
    ['official release', () => installed(folder, (file) => downloadRelease(file, env))],
    ['go install', () => installed(folder, (file) => goInstall(file, env))],
  ];
  for (const [name, find] of tries) {
    try {
      const binary = await find();
      if (binary === undefined) throw new Error('not found');
      await assertVersion(binary, env);
      say(`OPA ${OPA_VERSION}: ${binary} (${name})`);
      return binary;
    } catch (error) {
      failed.push(`  ${name}: ${error.message}`);
    }
  }
  throw new Error(
    `No OPA ${OPA_VERSION} was found. Set OPA_BIN to the path of one. Tried:\n${failed.join('\n')}`,
  );
}

// The caller may run in another folder, so a relative entry of the PATH is resolved here.
function onPath(name, env) {
  if (name !== basename(name)) return undefined;
  const folders = env.PATH?.split(delimiter) ?? [];
  return folders.map((folder) => resolve(folder, name)).find(isExecutable);
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

function cacheFolder(env) {
  const base = env.NESTJS_OPA_CACHE ?? join(env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'nestjs-opa');
  return resolve(base, `opa-${OPA_VERSION}-${process.platform}-${process.arch}`);
}

async function assertVersion(binary, env) {
  const { stdout } = await run(binary, ['version'], { env, timeout: 30_000 }).catch((error) => {
    throw new Error(`${binary} does not run: ${error.code ?? error.message}`);
  });
  const version = /^Version: (\S+)/m.exec(stdout)?.[1] ?? 'unknown';
  if (version !== OPA_VERSION) throw new Error(`${binary} is version ${version}, not ${OPA_VERSION}`);
}

// Made beside its place and renamed into it: two processes at once don't see each other's halves.
async function installed(folder, make) {
  await mkdir(dirname(folder), { recursive: true });
  const work = await mkdtemp(`${folder}-new-`);
  try {
    await make(join(work, BINARY));
    await mkdir(folder, { recursive: true });
    await rename(join(work, BINARY), join(folder, BINARY));
    return join(folder, BINARY);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function goInstall(file, env) {
  const module = `github.com/open-policy-agent/opa@v${OPA_VERSION}`;
  await run('go', ['install', module], { env: { ...env, GOBIN: dirname(file) }, timeout: 900_000 }).catch(
    (error) => {
      throw new Error(
        error.code === 'ENOENT' ? 'go is not installed' : `it failed: ${error.stderr ?? error.message}`,
      );
    },
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    process.stdout.write(`${await getOpa()}\n`);
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  }
}
