import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** What commands run with: of what this npm and this Jest were told, only where packages come from. */
const source = 'config_(registry|cache|userconfig|globalconfig|proxy|https_proxy|noproxy|cafile|//.*)$';
const ours = new RegExp(`^(npm_(?!${source})|JEST_|(NODE_OPTIONS|NODE_ENV|INIT_CWD|FORCE_COLOR)$)`);
export const env: Record<string, string | undefined> = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !ours.test(name)),
);

/** What a command has said. */
export interface Said {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command, and rejects with what it said when it fails. */
export async function run(cwd: string, command: string, ...args: string[]): Promise<Said> {
  try {
    return await promisify(execFile)(command, args, { cwd, env });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as Partial<Said>;
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error });
  }
}

/** Runs a command that is installed in the folder; npx would go on to the registry. */
export function runInstalled(cwd: string, command: string, ...args: string[]): Promise<Said> {
  return run(cwd, join(cwd, 'node_modules', '.bin', command), ...args);
}

/** The last line of what a command has said. */
export const lastLine = ({ stdout }: Said): string => stdout.trim().split('\n').at(-1) ?? '';
