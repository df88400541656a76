// Builds policies/bundle.tar.gz, or the file named as argument, from the Rego sources beside it.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { getOpa } from './get-opa.mjs';
import { root } from './lib/run.mjs';

const out = process.argv[2] ?? join(root, 'policies', 'bundle.tar.gz');
const POLICIES = [
  'gateway/orders/request',
  'gateway/orders/response',
  'gateway/mcp/request',
  'gateway/mcp/response',
  'gateway/mcp/list',
];
const entrypoints = POLICIES.flatMap((path) => ['-e', path]);
const build = [
  'build',
  '-t',
  'plan',
  ...entrypoints,
  '--ignore',
  '*_test.rego',
  '--ignore',
  '*.md',
  '-o',
  out,
  'gateway',
];
execFileSync(await getOpa(), build, { cwd: join(root, 'policies'), stdio: ['ignore', 'inherit', 'inherit'] });
