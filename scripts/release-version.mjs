// npm run release:version: turns the changesets into versions. Changesets ignores the root package of a workspace, so this script
// gives the root package and its dependencies the version of the libraries.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { npm, root, run } from './lib/run.mjs';

const read = (file) => JSON.parse(readFileSync(join(root, file), 'utf8'));

if (
  run(process.execPath, [join(root, 'node_modules/@changesets/cli/bin.js'), 'version'], { cwd: root }) !== 0
) {
  process.exit(1);
}
const { version } = read('libs/opa/package.json');
const gateway = read('package.json');
const dependencies = { ...gateway.dependencies };
for (const name of ['nestjs-opa', 'nestjs-opa-mcp']) dependencies[name] = `^${version}`;
writeFileSync(
  join(root, 'package.json'),
  `${JSON.stringify({ ...gateway, version, dependencies }, null, 2)}\n`,
);
npm(['install', '--package-lock-only'], root);
