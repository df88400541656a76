import { spawnSync } from 'node:child_process';

import { run } from './run.mjs';

/** What *.services.spec.ts start, by Debian's package, and a command that succeeds where it is installed. */
const PACKAGES = {
  'redis-server': ['redis-server', ['--version']],
  'rabbitmq-server': ['test', ['-x', '/usr/lib/rabbitmq/bin/rabbitmq-server']],
  nginx: ['nginx', ['-v']],
  'golang-go': ['go', ['version']],
  'python3-venv': ['python3', ['-c', 'import ensurepip']],
};

/** Installs what is missing with apt-get, as root or with sudo. Throws, and says what to do, when it can't. */
export function ensureServices() {
  const missing = Object.keys(PACKAGES).filter((name) => !succeeds(...PACKAGES[name]));
  if (missing.length === 0) return;
  const wanted = missing.join(' ');
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  if (!succeeds('apt-get', ['--version']) || (asRoot.length > 0 && !succeeds('sudo', ['-n', 'true']))) {
    throw new Error(
      `The tests of services need ${wanted}, which isn't installed, and can't be without apt-get and root or sudo. ` +
        'Install it by hand, and run npm run test:services again.',
    );
  }
  console.error(`Installing ${wanted} (apt-get)`);
  for (const args of [['update'], ['install', '--yes', '--no-install-recommends', ...missing]]) {
    const command = [...asRoot, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '--quiet', ...args];
    // Jest's report has stdout to itself.
    const code = run(command[0], command.slice(1), { stdio: ['ignore', 2, 2] });
    if (code !== 0) throw new Error(`apt-get ${args.join(' ')} failed with exit code ${code}.`);
  }
}

const succeeds = (program, args) => spawnSync(program, args, { stdio: 'ignore' }).status === 0;
