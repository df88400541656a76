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
// In this very process: signals reach the gateway, and its exit code is npm's.
await import(pathToFileURL(join(root, 'dist', 'main.js')).href);
