// Gets the one pinned OPA: OPA_BIN, else the PATH, else the cache, else the official release, else `go install`.
// Says on stderr which it is; the last line of stdout is the binary's path.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { downloadRelease, OPA_VERSION } from './lib/opa-release.mjs';

const run = promisify(execFile);
const BINARY = process.platform === 'win32' ? 'opa.exe' : 'opa';

/** Gives the path of an OPA of the pinned version; throws one error that lists everything that was tried. */
export async function getOpa(env = process.env, say = (line) => process.stderr.write(`${line}\n`)) {
  if (env.OPA_BIN) {
    await assertVersion(env.OPA_BIN, env);
    say(`OPA ${OPA_VERSION}: ${env.OPA_BIN} (OPA_BIN)`);
    return env.OPA_BIN;
  }
  const folder = cacheFolder(env);
  const cached = join(folder, BINARY);
  const failed = [];
  const tries = [
    ['on the PATH', () => BINARY],
    ['cached', () => cached],
    ['official release', () => installed(folder, (file) => downloadRelease(file, env))],
    ['go install', () => installed(folder, (file) => goInstall(file, env))],
  ];
  for (const [name, find] of tries) {
    try {
      const binary = await find();
      await assertVersion(binary, env);
      say(`OPA ${OPA_VERSION}: ${binary} (${name})`);
      return binary;
    } catch (error) {
      failed.push(`  ${name}: ${error.message}`);
    }
  }
  throw new Error(`No OPA ${OPA_VERSION} could be had. Set OPA_BIN to one. Tried:\n${failed.join('\n')}`);
}

function cacheFolder(env) {
  const base = env.NESTJS_OPA_CACHE ?? join(env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'nestjs-opa');
  return join(base, `opa-${OPA_VERSION}-${process.platform}-${process.arch}`);
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
