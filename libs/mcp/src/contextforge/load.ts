import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { messageOf, withoutCredential } from 'nestjs-opa/internal';
import type { PluginSettings } from './file.schema.js';
import { fileSchema, KIND, pluginSchema } from './file.schema.js';
import type { PluginFile } from './plugin-file.js';
import { pluginOf } from './plugin-of.js';
import { fileWarnings, pluginWarnings } from './warnings.js';
import { fileError, parseYaml } from './yaml-document.js';

/**
 * Reads the original plugin's file.
 *
 * @param path - the YAML file
 * @throws OpaError `OPA_BAD_OPTIONS` when the file can't be read, or as {@link parsePlugin}
 */
export async function loadPlugin(path: string): Promise<PluginFile> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw fileError(path, `the file can't be read (${messageOf(cause)}). Correct the path`, cause);
  }
  return parsePlugin(text, path);
}

/**
 * Parses the text of the original plugin's file, as strictly as the options of `OpaModule`.
 *
 * @param text - YAML
 * @param source - the file's name in messages
 * @throws OpaError `OPA_BAD_OPTIONS` with one message that names each wrong key, what was given, and what is accepted
 */
export function parsePlugin(text: string, source: string): PluginFile {
  const document = parseYaml(text, source);
  const file = fileSchema.safeParse(document, { reportInput: true });
  const parsed = opaPluginsIn(document).map(([index, plugin]) => ({
    index,
    outcome: pluginSchema.safeParse(plugin, { reportInput: true }),
  }));
  const problems = [
    ...(file.success ? [] : file.error.issues.flatMap((issue) => describe(issue, []))),
    ...parsed.flatMap(({ index, outcome }) =>
      outcome.success ? [] : outcome.error.issues.flatMap((issue) => describe(issue, ['plugins', index])),
    ),
  ];
  if (!file.success || problems.length > 0) throw fileError(source, [...new Set(problems)].join('; '));
  const plugins: PluginSettings[] = parsed.flatMap(({ outcome }) => (outcome.success ? [outcome.data] : []));
  if (plugins.length === 0) {
    throw fileError(
      source,
      `no plugin is of kind "${KIND}", so that no call would be decided. Add such a plugin`,
    );
  }
  return {
    plugins: plugins.map(pluginOf),
    warnings: [...fileWarnings(file.data), ...plugins.flatMap(pluginWarnings)],
  };
}

/** The plugins of the kind that counts, with their positions in the file. */
function opaPluginsIn(document: unknown): [number, unknown][] {
  const { plugins } = Object(document) as { plugins?: unknown };
  const list: unknown[] = Array.isArray(plugins) ? plugins : [];
  return [...list.entries()].filter(([, plugin]) => (Object(plugin) as { kind?: unknown }).kind === KIND);
}

function describe(issue: z.core.$ZodIssue, parent: readonly PropertyKey[]): string[] {
  const path = [...parent, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(
      (key) => `"${pathText([...path, key])}" is not known; remove it or correct its name`,
    );
  }
  const subject = path.length === 0 ? 'the file' : `"${pathText(path)}"`;
  return [`${subject} was given ${valueText(issue.input)}, but takes ${issue.message}`];
}

function pathText(path: readonly PropertyKey[]): string {
  return path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '');
}

function valueText(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) {
    return JSON.stringify(value.map((item) => (typeof item === 'string' ? item : '…')));
  }
  if (typeof value === 'object' && value !== null) return 'an object';
  return JSON.stringify(typeof value === 'string' ? withoutCredential(value) : value);
}
