import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { env, lastLine, run, runInstalled } from '../support/commands.js';
import { FOLDERS, install, pack, PACKAGES } from './support/packed.js';
import type { Tarballs } from './support/packed.js';

// Two real installs; the registry may be slow.
const PATIENCE = 300_000;
const root = resolve(import.meta.dirname, '../..');
const fixtures = join(import.meta.dirname, 'fixtures');

/** The package of each import and re-export, of type imports in the middle of a line too. */
const IMPORTED = /(?:from|import\(|import|types=)\s*["'](?!\.|node:)((?:@[^/"']+\/)?[^/"']+)/g;

let folder: string;
let tarballs: Tarballs;
let nest12: string;
let nest11: string;

/** Copies a fixture out of the checkout and installs the packed libraries there. */
async function project(name: string): Promise<string> {
  const copy = join(folder, name);
  await cp(join(fixtures, name), copy, { recursive: true });
  await cp(join(fixtures, 'orders.rego'), join(copy, 'orders.rego'));
  await install(copy, tarballs['opa-plan'], tarballs['nestjs-opa'], tarballs['nestjs-opa-mcp']);
  return copy;
}

describe('the packed packages', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nestjs-opa-packaging-'));
    env['OPA_BIN'] = lastLine(await run(root, 'node', 'scripts/get-opa.mjs'));
    tarballs = await pack(folder);
    [nest12, nest11] = await Promise.all([project('nest12-esm'), project('nest11-cjs')]);
  }, PATIENCE);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(Object.entries(FOLDERS))('%s is built before npm packs it', async (name, path) => {
    const { scripts } = JSON.parse(await readFile(join(root, path, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const build = name === 'nestjs-opa-gateway' ? 'npm run build:gateway' : scripts['build'];
    expect(scripts['prepack']).toBe(build);
    expect(build).toMatch(/build-lib\.mjs|build:gateway/);
  });

  it.each(PACKAGES)('%s contains its build, and no tests, demo or sources', async (name) => {
    const { stdout } = await run(root, 'tar', 'tzf', tarballs[name]);
    const files = stdout.trim().split('\n');
    expect(files).toContain('package/README.md');
    const unexpected = /demo|\/test\/|\.spec\.|(?<!\.d)\.ts$|\.map$|\.stamp$/;
    const isExpected = /^package\/(dist\/|(LICENSE|README\.md|package\.json)$)/;
    expect(files.filter((file) => unexpected.test(file) || !isExpected.test(file))).toEqual([]);
  });

  it.each(PACKAGES)('%s passes publint', async (name) => {
    const { stdout } = await runInstalled(root, 'publint', 'run', tarballs[name], '--strict');
    expect(stdout).toContain('All good!');
  });

  it.each([
    ['nestjs-opa', ['nestjs-opa', 'nestjs-opa/internal', 'nestjs-opa/telemetry', 'nestjs-opa/testing']],
    ['nestjs-opa-mcp', ['nestjs-opa-mcp']],
    ['opa-plan', ['opa-plan']],
  ] as const)('%s has correct types for every kind of import', async (name, entries) => {
    const { stdout } = await runInstalled(root, 'attw', tarballs[name], '--format', 'ascii');
    expect(stdout).toContain('No problems found');
    for (const entry of entries) expect(stdout).toContain(`"${entry}"`);
  });

  it('import in their types only packages that are installed with them', async () => {
    const packed = join(nest12, 'node_modules', 'nestjs-opa');
    const { dependencies, peerDependencies, peerDependenciesMeta } = JSON.parse(
      await readFile(join(packed, 'package.json'), 'utf8'),
    ) as Record<string, object>;
    const installed = Object.keys({ ...dependencies, ...peerDependencies }).filter(
      (name) => !Object.hasOwn(peerDependenciesMeta ?? {}, name),
    );
    // Whoever imports the entry `telemetry` has installed its peer, @opentelemetry/api.
    const types = (await readdir(packed, { recursive: true })).filter(
      (file) => file.endsWith('.d.ts') && !file.includes('telemetry'),
    );
    const imported = new Set<string>();
    for (const file of types) {
      // The examples in comments import the package itself.
      const text = (await readFile(join(packed, file), 'utf8')).replace(/\/\*\*[^]*?\*\//g, '');
      for (const [, name = ''] of text.matchAll(IMPORTED)) imported.add(name);
    }
    expect(types).toContain(join('dist', 'esm', 'index.d.ts'));
    expect(imported).toContain('@nestjs/common');
    expect([...imported].filter((name) => !installed.includes(name))).toEqual([]);
  });

  it(
    'compile and run in an ESM project with Nest 12, and can be required there',
    async () => {
      // Without its optional peers: neither the types nor the start may need them.
      for (const peer of ['@nestjs/microservices', '@modelcontextprotocol']) {
        expect([peer, existsSync(join(nest12, 'node_modules', peer))]).toEqual([peer, false]);
      }
      await runInstalled(nest12, 'tsc');
      expect(lastLine(await run(nest12, 'node', 'main.js'))).toBe('nest12-esm passed');
    },
    PATIENCE,
  );

  it(
    'pass the Jest of a CommonJS project with Nest 11',
    async () => {
      const { stderr } = await runInstalled(nest11, 'jest', '--ci');
      expect(stderr).toMatch(/^Tests: +4 passed, 4 total$/m);
    },
    PATIENCE,
  );
});
