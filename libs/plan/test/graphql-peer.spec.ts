import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { bundleOf } from './support/build.js';

const run = promisify(execFile);
const LIBRARY = resolve(import.meta.dirname, '..');
const MODULES = resolve(LIBRARY, '..', '..', 'node_modules');

const REGO = `package t

valid if graphql.is_valid(input.query, "type Query { orders: [Int] }")

sent := http.send({"url": "http://127.0.0.1"}).status_code if input.send
`;
const MAIN = `
const policy = await loadPlan('bundle.tar.gz').catch(({ code, message }) => ({ evaluate: () => code + ': ' + message }));
console.log(policy.evaluate('t/valid', { query: '{ orders }' }));
`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'opa-plan-graphql-'));
  await mkdir(join(folder, 'node_modules', 'opa-plan'), { recursive: true });
  for (const file of ['package.json', 'dist']) {
    await cp(join(LIBRARY, file), join(folder, 'node_modules', 'opa-plan', file), { recursive: true });
  }
});
afterEach(() => rm(folder, { recursive: true }));

/** Loads and evaluates the bundle with the built library and these packages beside it. */
async function outputOf(
  format: keyof typeof SOURCES,
  packages: readonly string[],
  entrypoint: string,
): Promise<string> {
  for (const name of packages)
    await symlink(join(MODULES, name), join(folder, 'node_modules', name), 'junction');
  await writeFile(join(folder, 'bundle.tar.gz'), bundleOf({ rego: REGO, entrypoints: [entrypoint] }));
  const { file, source } = SOURCES[format];
  await writeFile(join(folder, file), source);
  return (await run(process.execPath, [file], { cwd: folder })).stdout.trim();
}

const SOURCES = {
  'ES module': { file: 'main.mjs', source: `import { loadPlan } from 'opa-plan';${MAIN}` },
  CommonJS: {
    file: 'main.cjs',
    source: `const { loadPlan } = require('opa-plan');void (async () => {${MAIN}})();`,
  },
} as const;

describe.each(['ES module', 'CommonJS'] as const)('graphql.* in an application that is a %s', (format) => {
  it('works with the package graphql', async () => {
    expect(await outputOf(format, ['re2js', 'yaml', 'graphql'], 't/valid')).toBe('true');
  });

  it('is refused by name without the package graphql, when the policy is loaded', async () => {
    expect(await outputOf(format, ['re2js', 'yaml'], 't/valid')).toMatch(
      /^MISSING_BUILTIN: .* lacks: graphql\.is_valid \(used by t\.valid, .*\)\. graphql\.\* needs the package graphql: run "npm install graphql"\.$/,
    );
  });

  it('is refused together with other missing builtins, with the advice for each', async () => {
    expect(await outputOf(format, ['re2js', 'yaml'], 't')).toMatch(
      /graphql\.is_valid .*http\.send .* "npm install graphql"\. Supply them with the option "builtins"\.$|http\.send .*graphql\.is_valid .* "npm install graphql"\. Supply them with the option "builtins"\.$/,
    );
  });
});
