import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The workspace's folder. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Runs a program on this terminal to its end. Gives its exit code; throws when it can't be started. */
export function run(program, args, options = {}) {
  const { error, status, signal } = spawnSync(program, args, { stdio: 'inherit', ...options });
  if (error) throw new Error(`${program} can't be started: ${error.message}`, { cause: error });
  return signal ? 1 : status;
}

/** Runs npm, preferably the npm that runs this script. Throws when it fails. */
export function npm(args, cwd) {
  const cli = process.env['npm_execpath'];
  const [program, first] = cli?.endsWith('npm-cli.js') ? [process.execPath, [cli]] : ['npm', []];
  // Windows starts npm.cmd through its shell alone.
  const shell = program === 'npm' && process.platform === 'win32';
  const code = run(program, [...first, ...args], { cwd, shell });
  if (code !== 0) throw new Error(`npm ${args.join(' ')} failed with exit code ${code}`);
}
