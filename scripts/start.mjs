// `npm start`: installs and builds what is missing, then runs the gateway in this very process.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt, ensureInstalled, ensureNode, root } from './lib/ensure.mjs';

ensureNode();
ensureInstalled();
ensureBuilt();
await import(pathToFileURL(join(root, 'dist', 'main.js')).href);
