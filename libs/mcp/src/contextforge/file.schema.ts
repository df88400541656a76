import { z } from 'zod';
import { appliedToSchema, text, texts } from './applied-to.schema.js';
import { configSchema } from './config.schema.js';
import { HOOKS, OTHER_HOOKS } from './hooks.js';

/** The `kind` of the plugins that decide here. Plugins of any other kind have no effect. */
export const KIND = 'opapluginfilter.plugin.OPAPluginFilter';

const MODES = ['enforce', 'sequential', 'transform', 'permissive', 'disabled'] as const;
const modeError = `one of ${MODES.map((mode) => `"${mode}"`).join(', ')}`;
const IGNORES_ERRORS = 'enforce_ignore_error';

const hook = z.enum([...HOOKS, ...OTHER_HOOKS], { error: `a hook: ${HOOKS.join(', ')}` });
const flag = z.boolean({ error: 'true or false' }).nullish();
const number = z.number({ error: 'a number' }).nullish();

const conditionSchema = z.strictObject({
  server_ids: texts.nullish(),
  tenant_ids: texts.nullish(),
  tools: texts.nullish(),
  prompts: texts.nullish(),
  resources: texts.nullish(),
  agents: texts.nullish(),
  user_patterns: texts.nullish(),
  content_types: texts.nullish(),
});

/** A plugin of any kind. */
const anyPluginSchema = z.strictObject({
  name: text,
  kind: text,
  description: z.string({ error: 'a text' }).nullish(),
  version: z.union([z.string(), z.number()], { error: 'a version' }).nullish(),
  author: z.string({ error: 'a text' }).nullish(),
  namespace: z.string({ error: 'a text' }).nullish(),
  hooks: z.array(text, { error: 'a list of hooks' }).nullish(),
  tags: texts.nullish(),
  mode: z.enum([...MODES, IGNORES_ERRORS], { error: modeError }).optional(),
  priority: number,
  conditions: z.array(conditionSchema, { error: 'a list of conditions' }).nullish(),
  applied_to: z.unknown().optional(),
  config: z.unknown().optional(),
  mcp: z.unknown().optional(),
  grpc: z.unknown().optional(),
  unix_socket: z.unknown().optional(),
});

/** The file, with plugins of any kind. */
export const fileSchema = z.strictObject(
  {
    plugins: z.array(anyPluginSchema, { error: 'a list of plugins' }),
    plugin_dirs: texts.nullish(),
    plugin_settings: z
      .strictObject({
        parallel_execution_within_band: flag,
        plugin_timeout: number,
        fail_on_plugin_error: flag,
        enable_plugin_api: flag,
        plugin_health_check_interval: number,
      })
      .nullish(),
  },
  { error: 'an object with "plugins"' },
);

/** A plugin of the kind {@link KIND}. */
export const pluginSchema = anyPluginSchema.extend({
  hooks: z.array(hook, { error: 'a list of hooks' }).nullish(),
  mode: z
    .enum(MODES, {
      error: ({ input }) =>
        input === IGNORES_ERRORS
          ? `${modeError}; "${IGNORES_ERRORS}" lets a call pass when it can't be decided, which this gateway never does`
          : modeError,
    })
    .optional(),
  applied_to: appliedToSchema.nullish(),
  config: configSchema.nullish(),
});

/** The file, with unchecked `applied_to` and `config` of its plugins. */
export type ParsedFile = z.infer<typeof fileSchema>;
/** A checked plugin. */
export type PluginSettings = z.infer<typeof pluginSchema>;
