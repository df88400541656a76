import { ObligationExecutor } from 'nestjs-opa/internal';
import type { INestApplicationContext, LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { OpaModuleOptions } from 'nestjs-opa';
import { OpaModule, OpaService } from 'nestjs-opa';
import type { McpCall } from '../../src/protocol/call.js';
import type { PluginFile } from '../../src/contextforge/plugin-file.js';
import { OutputSchemas } from '../../src/protocol/output-schemas.js';
import { parsePlugin } from '../../src/contextforge/load.js';
import { PluginEnforcer } from '../../src/contextforge/plugin-enforcer.js';
import { pluginModuleOptions } from '../../src/contextforge/module-options.js';
import type { TestEngine } from 'nestjs-opa/testing';
import { call, noObligations } from '../support.js';

const apps: INestApplicationContext[] = [];

/** Ends what a test has started; for `afterEach`. */
export async function cleanUp(): Promise<void> {
  for (const app of apps.splice(0)) await app.close();
}

/** Keys of a plugin's file. */
export type Keys = Record<string, unknown>;

/** The original's own kind. */
export const kind = 'opapluginfilter.plugin.OPAPluginFilter';
/** A tool's entry. */
export const toolEntry = (extensions: Keys = {}, more: Keys = {}): Keys => ({
  tool_name: 'search',
  extensions: { policy: 'p', ...extensions },
  ...more,
});
/** A prompt's entry. */
export const promptEntry = (extensions: Keys = {}): Keys => ({
  prompt_name: 'greet',
  extensions: { policy: 'p', ...extensions },
});
/** A resource's entry. */
export const resourceEntry = (uri: string, extensions: Keys = {}): Keys => ({
  resource_uri: uri,
  extensions: { policy: 'p', ...extensions },
});

/** The text of a file with one plugin. JSON is YAML. */
export const fileText = (plugin: Keys, more: Keys = {}): string =>
  JSON.stringify({ plugins: [{ name: 'opa', kind, ...plugin }], ...more });

/** A file with one plugin. */
export const file = (plugin: Keys, more: Keys = {}): PluginFile =>
  parsePlugin(fileText(plugin, more), 'plugin.yaml');

/** A file with one plugin for these tools, prompts and resources. */
export const applied = (appliedTo: Keys, more: Keys = {}): PluginFile =>
  file({ applied_to: appliedTo, ...more });

/** An enforcer as the gateway makes it: a module instance a plugin. */
export async function enforcerOf(
  { plugins }: PluginFile,
  opa: OpaModuleOptions,
  logger: LoggerService | false = false,
  schemas = new OutputSchemas(),
): Promise<PluginEnforcer> {
  let executor: Pick<ObligationExecutor, 'execute'> = noObligations;
  const parts = [];
  for (const plugin of plugins) {
    const module = {
      module: class App {},
      imports: [OpaModule.forRoot(pluginModuleOptions(opa, plugin).options)],
    };
    const app = await NestFactory.createApplicationContext(module, { logger, abortOnError: false });
    apps.push(app);
    executor = app.get(ObligationExecutor, { strict: false });
    parts.push({ plugin, opa: app.get(OpaService) });
  }
  return new PluginEnforcer(parts, schemas, executor);
}

/** An enforcer over a table of decisions. */
export const enforcer = (from: PluginFile, engine: TestEngine): Promise<PluginEnforcer> =>
  enforcerOf(from, { engine });

/** The input of the latest query. */
export const lastInput = ({ questions }: TestEngine): unknown => questions.at(-1)?.input;

/** Calls by alice. */
export const tool = call('tools/call', { name: 'search', arguments: { q: 'x' } });
export const prompt = call('prompts/get', { name: 'greet' });
export const read = (uri: unknown, more: Partial<McpCall> = {}): McpCall =>
  call('resources/read', { uri }, more);
/** A result of tools/call. */
export const text = { content: [{ type: 'text', text: 'found' }] };
