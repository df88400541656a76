import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../src/config/index.js';
import { readPage } from './pages.js';

/** The pages whose YAML blocks are files of the gateway, or sections of such a file. */
const CONFIG_PAGES = [
  'README.md',
  'docs/guides/gateway.md',
  'docs/guides/rest.md',
  'docs/guides/mcp.md',
  'docs/operations/deployment.md',
];

/** The environment variables that the blocks refer to. */
const ENVIRONMENT = { REDIS_URL: 'redis://127.0.0.1:6379', ORDERS_SECRET: 'secret' };

/** Completes a section of a file: a file needs at least one entry. */
const complete = (block: string): string =>
  /^(upstreams|mcp):/m.test(block)
    ? block
    : `${block}\nupstreams: [{ name: added, url: http://127.0.0.1:4000, policy: a/b }]\n`;

const blocksOf = (page: string): (readonly [name: string, text: string])[] =>
  [...readPage(page).matchAll(/^```yaml\n(.*?)^```/gms)].map(([, block = ''], index) => [
    `${page}, block ${index + 1}`,
    complete(block),
  ]);

const BLOCKS = CONFIG_PAGES.flatMap(blocksOf);

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'docs-config-'))));
afterAll(() => rm(folder, { recursive: true }));

async function load(text: string): Promise<unknown> {
  const file = join(folder, 'gateway.yaml');
  await writeFile(file, text);
  return loadConfig(file, ENVIRONMENT);
}

describe('the configurations of the documentation', () => {
  it('exist', () => {
    expect(BLOCKS.length).toBeGreaterThan(8);
  });

  it.each(BLOCKS)('load: %s', async (_name, text) => {
    expect(await load(text)).toHaveProperty('listen.port');
  });

  it('do not load with a wrong key', async () => {
    await expect(load(complete('listen: { trustProxies: 127.0.0.1 }'))).rejects.toThrow('unknown key');
  });
});
