import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

const env = process.env;
const base = env.NESTJS_OPA_CACHE ?? join(env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'nestjs-opa');

/**
 * Makes a folder of the cache, unless it is there: beside its place, and renamed into it, so that nobody sees a half of
 * it. Says on stderr what it makes.
 */
export async function cached(name, make) {
  const folder = join(base, `mcp-${name}-${process.platform}-${process.arch}`);
  if (existsSync(folder)) return folder;
  console.error(`Installing ${name}`);
  await mkdir(base, { recursive: true });
  const work = await mkdtemp(join(base, 'new-'));
  try {
    await make(work);
    await rename(work, folder);
  } catch (error) {
    // Another process was faster.
    if (!existsSync(folder)) throw error;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return folder;
}
