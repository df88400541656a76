import { parseArgs } from 'node:util';
import { messageOf } from 'nestjs-opa/internal';
import { ConfigError, variable } from './config/index.js';
import type { Environment } from './config/index.js';

/** The text that `nestjs-opa-gateway --help` prints. */
export const USAGE = `Usage: nestjs-opa-gateway [file]

Starts the gateway that a YAML file describes.

  file         the path of the gateway's file; default: the environment variable GATEWAY_CONFIG
  -h, --help   print this text

Environment variables HOST, PORT and OPA_URL override the file. SIGTERM and SIGINT end the gateway.
`;

const HINT = 'Run "nestjs-opa-gateway --help" for the usage.';

/**
 * Reads the command line of `nestjs-opa-gateway`.
 *
 * @param args - the arguments after the name of the command
 * @returns the path of the gateway's file, or `'help'` when the usage was requested
 * @throws ConfigError for an unknown option, for more than one file, and when neither an argument nor
 * `GATEWAY_CONFIG` names a file
 */
export function parseCommand(args: readonly string[], env: Environment): { readonly file: string } | 'help' {
  const { help, files } = parse(args);
  if (help) return 'help';
  if (files.length > 1) throw new ConfigError(`the command takes one file, not ${files.length}. ${HINT}`);
  const file = files[0] ?? variable(env, 'GATEWAY_CONFIG');
  if (file !== undefined) return { file };
  throw new ConfigError(`no configuration file. Pass its path, or set GATEWAY_CONFIG. ${HINT}`);
}

function parse(args: readonly string[]): { help: boolean; files: string[] } {
  try {
    const options = { help: { type: 'boolean', short: 'h', default: false } } as const;
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    return { help: values.help, files: positionals };
  } catch (cause) {
    const [problem = ''] = messageOf(cause).split('. ');
    throw new ConfigError(`${problem}. ${HINT}`, { cause });
  }
}
