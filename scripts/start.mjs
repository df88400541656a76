// npm start: installs and builds what is missing, then runs the gateway on the file of GATEWAY_CONFIG, or the demo.
import './lib/node-version.mjs';

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { ensureBuilt } from './lib/build.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { root } from './lib/run.mjs';

try {
  ensureInstalled(root, { omitDev: true });
  ensureBuilt(root);
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
// npm forwards a signal to its shell only. The shell dies without forwarding the signal, so this process polls for it.
if (process.env['npm_lifecycle_event'] === 'start') {
  const shell = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === shell) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, 500).unref();
}

// The gateway runs in this process, so that signals reach it and npm gets its exit code.
const main = process.env['GATEWAY_CONFIG'] ? 'dist/main.js' : 'demo/dist/main.js';
await import(pathToFileURL(join(root, main)).href);
