import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { messageOf, withoutCredential } from 'nestjs-opa/internal';
import { pluginOf } from './build.js';
import { bad, documentOf } from './document.js';
import type { GivenPlugin } from './file.schema.js';
import { fileSchema, KIND, pluginSchema } from './file.schema.js';
import type { PluginFile } from './plugin-file.js';
import { fileWarnings, pluginWarnings } from './warnings.js';

/**
 * Reads the original plugin's file.
 *
 * @param path - the YAML file
 * @throws OpaError `OPA_BAD_OPTIONS`: it can't be read, or as {@link parsePlugin}
 */
export async function loadPlugin(path: string): Promise<PluginFile> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw bad(path, `can't be read (${messageOf(cause)}); give the plugin's file`, cause);
  }
  return parsePlugin(text, path);
}

/**
 * Reads the original plugin's configuration as strictly as the module's options are read.
 *
 * @param text - YAML
 * @param source - what it is called in messages
 * @throws OpaError `OPA_BAD_OPTIONS`, one message that names each wrong key, what was given and what is accepted
 */
export function parsePlugin(text: string, source: string): PluginFile {
  const given = documentOf(text, source);
  const file = fileSchema.safeParse(given, { reportInput: true });
  const parsed = indexed(given).map(([index, plugin]) => ({
    index,
    checked: pluginSchema.safeParse(plugin, { reportInput: true }),
  }));
  const wrong = [
    ...(file.success ? [] : file.error.issues.flatMap((issue) => describe(issue, []))),
    ...parsed.flatMap(({ index, checked }) =>
      checked.success ? [] : checked.error.issues.flatMap((issue) => describe(issue, ['plugins', index])),
    ),
  ];
  if (!file.success || wrong.length > 0) throw bad(source, [...new Set(wrong)].join('; '));
  const plugins: GivenPlugin[] = parsed.flatMap(({ checked }) => (checked.success ? [checked.data] : []));
  if (plugins.length === 0)
    throw bad(source, `none of its plugins is of kind "${KIND}": nothing would be decided`);
  return {
    plugins: plugins.map(pluginOf),
    warnings: [...fileWarnings(file.data), ...plugins.flatMap(pluginWarnings)],
  };
}

function indexed(given: unknown): [number, unknown][] {
  const { plugins } = Object(given) as { plugins?: unknown };
  const list: unknown[] = Array.isArray(plugins) ? plugins : [];
  return [...list.entries()].filter(([, plugin]) => (Object(plugin) as { kind?: unknown }).kind === KIND);
}

function describe(issue: z.core.$ZodIssue, before: readonly PropertyKey[]): string[] {
  const path = [...before, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(
      (key) => `"${nameOf([...path, key])}" is not known; take it out or correct its name`,
    );
  }
  const where = path.length === 0 ? 'the file' : `"${nameOf(path)}"`;
  return [`${where} was given ${shown(issue.input)}, but takes ${issue.message}`];
}

function nameOf(path: readonly PropertyKey[]): string {
  return path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '');
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value))
    return JSON.stringify(value.map((item) => (typeof item === 'string' ? item : '…')));
  if (typeof value === 'object' && value !== null) return 'an object';
  return JSON.stringify(typeof value === 'string' ? withoutCredential(value) : value);
}
