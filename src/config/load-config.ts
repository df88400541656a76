import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import type { Document } from 'yaml';
import type { z } from 'zod';
import { ConfigError } from './config-error.js';
import { configSchema } from './config.schema.js';
import type { FileConfig } from './config.schema.js';
import { fillReferences, setAsideReferences } from './environment.js';
import type { Environment } from './environment.js';
import { overrideFromEnvironment } from './overrides.js';

/** The gateway's configuration after the checks, with the overrides of the environment and absolute paths. */
export type GatewayConfig = Readonly<FileConfig>;

/**
 * Reads the gateway's configuration.
 *
 * @param file - the YAML file
 * @param env - the environment variables for `${NAME}` and for the overrides `HOST`, `PORT` and `OPA_URL`
 * @throws ConfigError a single line with the file, the key and the problem
 */
export async function loadConfig(file: string, env: Environment): Promise<GatewayConfig> {
  try {
    const given = parse(await read(file), env);
    const checked = configSchema.safeParse(given);
    if (!checked.success) throw new ConfigError(checked.error.issues.map(describe).join('; '));
    return overrideFromEnvironment(withAbsolutePaths(checked.data, dirname(resolve(file))), env);
  } catch (error) {
    if (error instanceof ConfigError) throw new ConfigError(`${file}: ${error.message}`, { cause: error });
    throw error;
  }
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new ConfigError(
      `cannot be read (${code}). Pass the path of the gateway's file, or set GATEWAY_CONFIG.`,
      { cause },
    );
  }
}

function parse(source: string, env: Environment): unknown {
  const { text, references } = setAsideReferences(source);
  const document = parseDocument(text);
  // After a warning, such as an unknown tag, the value may differ from the text of the file.
  const [problem] = [...document.errors, ...document.warnings];
  if (problem) {
    const [line = ''] = problem.message.split('\n');
    throw new ConfigError(line.replace(/:$/, ''));
  }
  fillReferences(document, references, env);
  return valueOf(document);
}

function valueOf(document: Document): unknown {
  try {
    return document.toJS() ?? {};
  } catch (cause) {
    throw new ConfigError(`its aliases can't be resolved: ${messageOf(cause)}`, { cause });
  }
}

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : 'unknown error');

function describe(issue: z.core.$ZodIssue): string {
  const path = issue.path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('');
  const where = path.replace(/^\./, '');
  if (issue.code === 'invalid_type' && issue.message.endsWith('received undefined') && where)
    return `${where}: is missing; give a value of type ${issue.expected}`;
  if (issue.code !== 'unrecognized_keys') return where ? `${where}: ${issue.message}` : issue.message;
  return issue.keys
    .map((key) => `${where ? `${where}.` : ''}${key}: unknown key; take it out or correct its name`)
    .join('; ');
}

/** Whether a text is a file path, so neither a URL nor a PEM block. */
const isPath = (text: unknown): text is string =>
  typeof text === 'string' && text !== '' && !/^https?:\/\/|-----BEGIN/i.test(text);

function withAbsolutePaths(config: FileConfig, folder: string): FileConfig {
  const { listen, opa, auth, upstreams, mcp } = config;
  const resolveIn = (values: unknown, ...keys: string[]) => {
    if (typeof values !== 'object' || values === null) return;
    const record = values as Record<string, unknown>;
    for (const key of keys) if (isPath(record[key])) record[key] = resolve(folder, record[key]);
  };
  resolveIn(listen.tls, 'cert', 'key');
  resolveIn(opa, 'bundle');
  resolveIn(opa['tls'], 'ca', 'cert', 'key');
  resolveIn(opa['token'], 'file');
  resolveIn(auth, 'jwks');
  for (const entry of mcp) resolveIn(entry, 'plugin');
  for (const { headers = {}, tls, auth: own } of [...mcp, ...upstreams]) {
    resolveIn(tls, 'ca', 'cert', 'key');
    for (const secret of [...Object.values(headers), own?.clientSecret]) resolveIn(secret, 'file');
  }
  return config;
}
