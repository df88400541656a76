import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The folder of a Go module in Go's module cache. Undefined when Go or the module is missing. */
export function cachedGoModule(module: string): string | undefined {
  try {
    const cache = execFileSync('go', ['env', 'GOMODCACHE'], { encoding: 'utf8' }).trim();
    const folder = join(cache, ...module.split('/'));
    return existsSync(folder) ? folder : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The folder of a Go module in Go's module cache. Go downloads the module when it is missing.
 *
 * @param module `path@version`
 * @throws Error when Go is not installed or the module cannot be downloaded
 */
export function goModule(module: string): string {
  const folder = cachedGoModule(module);
  if (folder !== undefined) return folder;
  const output = execFileSync('go', ['mod', 'download', '-json', module], { encoding: 'utf8' });
  return (JSON.parse(output) as { Dir: string }).Dir;
}
