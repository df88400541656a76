// Builds the MCP servers in Go that npm run test:services starts: from the cache, unless their sources have changed.
// The last line of stdout is their paths as JSON.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { cached } from './lib/cached.mjs';
import { root } from './lib/run.mjs';

const SOURCES = join(root, 'test/gateway/mcp/fixtures/go');
const SERVERS = ['plain', 'sdk'];
const LIMIT_MS = 600_000;

const run = promisify(execFile);

async function version() {
  const hash = createHash('sha256').update((await run('go', ['version'])).stdout);
  const files = await readdir(SOURCES, { recursive: true, withFileTypes: true });
  const paths = files.filter((file) => file.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  for (const path of paths.sort()) hash.update(await readFile(path));
  return hash.digest('hex').slice(0, 16);
}

try {
  const folder = await cached(`go-servers-${await version()}`, (work) =>
    run('go', ['build', '-o', `${work}/`, ...SERVERS.map((name) => `./${name}`)], {
      cwd: SOURCES,
      timeout: LIMIT_MS,
    }),
  );
  console.log(JSON.stringify(Object.fromEntries(SERVERS.map((name) => [name, join(folder, name)]))));
} catch (error) {
  console.error(`No MCP servers in Go could be built: ${error.stderr || error.message}`);
  process.exitCode = 1;
}
