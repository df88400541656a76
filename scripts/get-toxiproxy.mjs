// Gets Toxiproxy for npm run test:services: TOXIPROXY_BIN, else the cache, else `go install`.
// Says on stderr which it is; the last line of stdout is the binary's path.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const VERSION = '2.12.0';
const MODULE = `github.com/Shopify/toxiproxy/v2/cmd/server@v${VERSION}`;

const run = promisify(execFile);
const suffix = process.platform === 'win32' ? '.exe' : '';

async function getToxiproxy(env) {
  if (env.TOXIPROXY_BIN) return [env.TOXIPROXY_BIN, 'TOXIPROXY_BIN'];
  const base = env.NESTJS_OPA_CACHE ?? join(env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'nestjs-opa');
  const folder = join(base, `toxiproxy-${VERSION}-${process.platform}-${process.arch}`);
  const binary = join(folder, `toxiproxy-server${suffix}`);
  if (existsSync(binary)) return [binary, 'cached'];
  await install(binary, env);
  return [binary, 'go install'];
}

// Made beside its place and renamed into it: two processes at once don't see each other's halves.
async function install(binary, env) {
  const folder = dirname(binary);
  await mkdir(folder, { recursive: true });
  const work = await mkdtemp(join(folder, 'new-'));
  try {
    await run('go', ['install', MODULE], { env: { ...env, GOBIN: work }, timeout: 900_000 });
    await rename(join(work, `server${suffix}`), binary);
  } catch (error) {
    const why =
      error.code === 'ENOENT' ? 'go is not installed' : `go install failed: ${error.stderr ?? error}`;
    throw new Error(
      `Toxiproxy ${VERSION} could not be installed: ${why}. Install Go, or set TOXIPROXY_BIN.`,
      {
        cause: error,
      },
    );
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

try {
  const [binary, from] = await getToxiproxy(process.env);
  // What `go install` builds doesn't know its version, so this only shows that it runs.
  await run(binary, ['-version'], { timeout: 30_000 }).catch((error) => {
    throw new Error(`${binary} (${from}) does not run: ${error.code ?? error.message}`, { cause: error });
  });
  process.stderr.write(`Toxiproxy ${VERSION}: ${binary} (${from})\n`);
  process.stdout.write(`${binary}\n`);
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
