import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { env, lastLine, run, runInstalled } from '../support/commands.js';

// Two real installs; the registry may be slow.
const PATIENCE = 300_000;
const root = resolve(import.meta.dirname, '../..');
const fixtures = join(import.meta.dirname, 'fixtures');

/** The package of each import and re-export, of type imports in the middle of a line too. */
const IMPORTED = /(?:from|import\(|import|types=)\s*["'](?!\.|node:)((?:@[^/"']+\/)?[^/"']+)/g;

const FOLDERS = { 'nestjs-opa': 'libs/opa', 'nestjs-opa-mcp': 'libs/mcp', 'opa-plan': 'libs/plan' } as const;
type PackageName = keyof typeof FOLDERS;
const PACKAGES = Object.keys(FOLDERS) as PackageName[];

let folder: string;
/** The packed libraries by their names. */
let tarballs: Record<PackageName, string>;
let nest12: string;
let nest11: string;

/** A copy of a fixture outside the checkout, with the packed library installed. */
async function project(name: string): Promise<string> {
  const copy = join(folder, name);
  await cp(join(fixtures, name), copy, { recursive: true });
  await cp(join(fixtures, 'orders.rego'), join(copy, 'orders.rego'));
  await run(
    copy,
    'npm',
    'install',
    '--no-audit',
    '--no-fund',
    '--prefer-offline',
    ...Object.values(tarballs),
  );
  return copy;
}

describe('the packed libraries', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nestjs-opa-packaging-'));
    env['OPA_BIN'] = lastLine(await run(root, 'node', 'scripts/get-opa.mjs'));
    // Packs what `npm test` has built: a build by npm would change the files that other tests run meanwhile.
    const workspaces = PACKAGES.flatMap((name) => ['-w', name]);
    await run(root, 'npm', 'pack', '--ignore-scripts', ...workspaces, '--pack-destination', folder);
    const packed = await readdir(folder);
    const tarballOf = (name: string) =>
      join(folder, packed.find((file) => file.startsWith(`${name}-0`)) ?? '');
    tarballs = Object.fromEntries(PACKAGES.map((name) => [name, tarballOf(name)])) as typeof tarballs;
    [nest12, nest11] = await Promise.all([project('nest12-esm'), project('nest11-cjs')]);
  }, PATIENCE);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(Object.entries(FOLDERS))('%s is built before npm packs it', async (_name, path) => {
    const { scripts } = JSON.parse(await readFile(join(root, path, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    expect(scripts['prepack']).toMatch(/build-lib\.mjs/);
    expect(scripts['prepack']).toBe(scripts['build']);
  });

  it.each(PACKAGES)('%s has nothing for publint to complain of', async (name) => {
    const { stdout } = await runInstalled(root, 'publint', 'run', tarballs[name], '--strict');
    expect(stdout).toContain('All good!');
  });

  it.each([
    ['nestjs-opa', ['nestjs-opa', 'nestjs-opa/internal', 'nestjs-opa/testing']],
    ['nestjs-opa-mcp', ['nestjs-opa-mcp']],
    ['opa-plan', ['opa-plan']],
  ] as const)('%s has right types for every kind of import', async (name, entries) => {
    const { stdout } = await runInstalled(root, 'attw', tarballs[name], '--format', 'ascii');
    expect(stdout).toContain('No problems found');
    for (const entry of entries) expect(stdout).toContain(`"${entry}"`);
  });

  it('imports nothing in its types but what is installed along with it', async () => {
    const packed = join(nest12, 'node_modules', 'nestjs-opa');
    const { dependencies, peerDependencies, peerDependenciesMeta } = JSON.parse(
      await readFile(join(packed, 'package.json'), 'utf8'),
    ) as Record<string, object>;
    const installed = Object.keys({ ...dependencies, ...peerDependencies }).filter(
      (name) => !Object.hasOwn(peerDependenciesMeta ?? {}, name),
    );
    const types = (await readdir(packed, { recursive: true })).filter((file) => file.endsWith('.d.ts'));
    const imported = new Set<string>();
    for (const file of types) {
      const text = await readFile(join(packed, file), 'utf8');
      for (const [, name = ''] of text.matchAll(IMPORTED)) imported.add(name);
    }
    expect(types.length).toBeGreaterThan(5);
    expect(imported).toContain('@nestjs/common');
    expect([...imported].filter((name) => !installed.includes(name))).toEqual([]);
  });

  it(
    'compiles and runs in an ESM project with Nest 12, and can be required there',
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
    'passes the Jest of a CommonJS project with Nest 11',
    async () => {
      const { stderr } = await runInstalled(nest11, 'jest', '--ci');
      expect(stderr).toMatch(/^Tests: +4 passed, 4 total$/m);
    },
    PATIENCE,
  );
});
