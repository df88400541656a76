// npm start: installs and builds what is missing, then runs the gateway.
import './lib/node-version.mjs';

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { ensureBuilt } from './lib/build.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { root } from './lib/run.mjs';

try {
  ensureInstalled(root);
  ensureBuilt(root);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
// npm passes a signal on to its shell, which dies of it without passing it on: then the gateway ends as well.
if (process.env['npm_lifecycle_event'] === 'start') {
  const shell = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, 500).unref();
}

// In this very process: signals reach the gateway, and its exit code is npm's.
await import(pathToFileURL(join(root, 'dist', 'main.js')).href);
