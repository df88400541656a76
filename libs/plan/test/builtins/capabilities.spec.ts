import { describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { builtins, unsupportedBuiltins } from '../../src/builtins/index.js';

const run = promisify(execFile);
const getOpa = join(import.meta.dirname, '..', '..', '..', '..', 'scripts', 'get-opa.mjs');

/** The names of all builtins of OPA. */
async function builtinsOfOpa(): Promise<string[]> {
  const { stdout: paths } = await run(process.execPath, [getOpa, '--print']);
  const binary = paths.trimEnd().split('\n').at(-1) ?? '';
  const { stdout } = await run(binary, ['capabilities', '--current'], { maxBuffer: 2 ** 26 });
  const capabilities = JSON.parse(stdout) as { builtins: { name: string }[] };
  return capabilities.builtins.map(({ name }) => name);
}

describe('the builtins of OPA', () => {
  it('are all here, but for the ones that are refused by name', async () => {
    const names = await builtinsOfOpa();
    expect(names.length).toBeGreaterThan(200);
    const known = new Set([...Object.keys(builtins), ...unsupportedBuiltins]);
    expect(names.filter((name) => !known.has(name))).toEqual([]);
  });

  it('are refused only if they are not here', async () => {
    const names = new Set(await builtinsOfOpa());
    expect(unsupportedBuiltins.filter((name) => name in builtins || !names.has(name))).toEqual([]);
  });
});
