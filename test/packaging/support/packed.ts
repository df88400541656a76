import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { run } from '../../support/commands.js';

const root = resolve(import.meta.dirname, '../../..');

/** The folders of the packages, in the order of their dependencies. */
export const FOLDERS = {
  'opa-plan': 'libs/plan',
  'nestjs-opa': 'libs/opa',
  'nestjs-opa-mcp': 'libs/mcp',
  'nestjs-opa-gateway': '.',
} as const;

type PackageName = keyof typeof FOLDERS;

/** The names of the packages. */
export const PACKAGES = Object.keys(FOLDERS) as PackageName[];

/** The tarballs by the names of their packages. */
export type Tarballs = Record<PackageName, string>;

/**
 * Packs all packages into a folder.
 *
 * @remarks `npm test` has built the packages. Another build would change files that other tests use at the same time.
 */
export async function pack(folder: string): Promise<Tarballs> {
  const args = ['pack', '--ignore-scripts', '--pack-destination', folder];
  for (const path of Object.values(FOLDERS)) await run(join(root, path), 'npm', ...args);
  const packed = await readdir(folder);
  const tarballOf = (name: string) =>
    join(folder, packed.find((file) => file.startsWith(name) && /^-\d/.test(file.slice(name.length))) ?? '');
  return Object.fromEntries(PACKAGES.map((name) => [name, tarballOf(name)])) as Tarballs;
}

/** Installs packages into a folder. */
export async function install(folder: string, ...packages: string[]): Promise<void> {
  await run(folder, 'npm', 'install', '--no-audit', '--no-fund', '--prefer-offline', ...packages);
}
