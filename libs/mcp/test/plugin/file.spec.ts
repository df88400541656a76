import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { loadPlugin, parsePlugin } from '../../src/contextforge/load.js';
import type { Keys } from './support.js';
import { applied, file, fileText, kind, resourceEntry, toolEntry } from './support.js';

const EVERY_KEY = `
plugins:
  - name: OPAPluginFilter
    kind: ${kind}
    description: an OPA plugin
    version: "0.1.0"
    author: someone
    namespace: tenant
    hooks: [tool_pre_invoke, tool_post_invoke, prompt_pre_fetch, prompt_post_fetch, resource_pre_fetch, resource_post_fetch]
    tags: [plugin]
    mode: enforce
    priority: 10
    applied_to:
      tools:
        - tool_name: search
          context: [global.opa_policy_context.git_context]
          fields: [q]
          result: true
          extensions:
            policy: example
            policy_endpoints: [allow_tool_pre_invoke, allow_tool_post_invoke]
            policy_endpoint: allow
            policy_input_data_map:
              context.git_context: git_context
              payload: payload
            policy_modality: [text, image, resource]
      prompts:
        - prompt_name: greet
          extensions: { policy: example }
      resources:
        - resource_uri: https://example.com
          extensions: { policy: example }
    conditions:
      - server_ids: []
        tenant_ids: []
        tools: []
        prompts: []
        resources: []
        agents: []
        user_patterns: []
        content_types: []
    config:
      opa_base_url: http://127.0.0.1:8181/v1/data/
      opa_client_retries: 3
      opa_client_timeout: 30s
      opa_client_max_keepalive: 20
      opa_client_max_connections: 100
      opa_client_keepalive_expiry: 5s
    mcp: { proto: STREAMABLEHTTP }
    grpc: { target: x }
    unix_socket: { path: x }
plugin_dirs: [opapluginfilter]
plugin_settings:
  parallel_execution_within_band: true
  plugin_timeout: 30
  fail_on_plugin_error: false
  enable_plugin_api: true
  plugin_health_check_interval: 60
`;

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

describe("the plugin's file", () => {
  it('may have every key of the original', () => {
    const { plugins, warnings } = parsePlugin(EVERY_KEY, 'plugin.yaml');
    expect(plugins).toMatchObject([
      {
        name: 'OPAPluginFilter',
        entries: [{ name: 'search' }, { name: 'greet' }, { name: 'https://example.com' }],
        options: {
          url: 'http://127.0.0.1:8181',
          timeout: 30_000,
          retry: { retries: 2 },
          pool: { maxSockets: 100, maxFreeSockets: 20, freeSocketTimeout: 5_000 },
        },
      },
    ]);
    expect(warnings).toEqual([
      'plugin_dirs has no effect here.',
      'plugin_settings.parallel_execution_within_band has no effect here.',
      'plugin_settings.plugin_timeout has no effect here.',
      'plugin_settings.fail_on_plugin_error has no effect here.',
      'plugin_settings.enable_plugin_api has no effect here.',
      'plugin_settings.plugin_health_check_interval has no effect here.',
      'plugin "OPAPluginFilter": mcp has no effect here: the gateway queries OPA directly.',
      'plugin "OPAPluginFilter": grpc has no effect here: the gateway queries OPA directly.',
      'plugin "OPAPluginFilter": unix_socket has no effect here: the gateway queries OPA directly.',
      'plugin "OPAPluginFilter": tool "search": fields has no effect here.',
      'plugin "OPAPluginFilter": tool "search": result has no effect here.',
      'plugin "OPAPluginFilter": tool "search": policy_endpoint has no effect here beside policy_endpoints.',
      'plugin "OPAPluginFilter": tool "search": context comes from the client\'s own request, unverified.',
    ]);
  });

  it('is read from a path', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'plugin-'));
    folders.push(folder);
    const path = join(folder, 'plugin.yaml');
    await expect(loadPlugin(path)).rejects.toMatchObject({ code: 'OPA_BAD_OPTIONS' });
    await writeFile(path, EVERY_KEY);
    expect((await loadPlugin(path)).plugins).toHaveLength(1);
    await writeFile(path, 'plugins: [');
    await expect(loadPlugin(path)).rejects.toThrow(path);
  });

  it.each<[string, Keys, string]>([
    ['an unknown key', { aplied_to: {} }, '"plugins[0].aplied_to" is not known'],
    ['an unknown mode', { mode: 'audit' }, '"plugins[0].mode" was given "audit", but takes one of "enforce"'],
    [
      'a mode that ignores errors',
      { mode: 'enforce_ignore_error' },
      "lets a call pass when it can't be decided",
    ],
    ['an unknown hook', { hooks: ['tool_pre_invok'] }, '"plugins[0].hooks[0]" was given "tool_pre_invok"'],
    ['an unknown option', { config: { opa_url: 'x' } }, '"plugins[0].config.opa_url" is not known'],
    ['no tries', { config: { opa_client_retries: 0 } }, 'a whole number of at least 1'],
    ['a base URL with a password', { config: { opa_base_url: 'http://u:s3cret@h' } }, '"http://…@h"'],
    ['one without its scheme', { config: { opa_base_url: 'u:s3cret@h' } }, '"…@h"'],
    ['one with a query', { config: { opa_base_url: 'http://h?s3cret' } }, '"http://h?…"'],
    [
      'an unknown condition',
      { conditions: [{ server: [] }] },
      '"plugins[0].conditions[0].server" is not known',
    ],
    ['no name', { name: '' }, '"plugins[0].name" was given ""'],
  ])('stops the start: %s', (_name, plugin, message) => {
    expect(() => file(plugin)).toThrow(message);
    expect(() => file(plugin)).not.toThrow('s3cret');
  });

  it.each<[string, Keys, string]>([
    ['no extensions', { tool_name: 'search' }, 'tools[0].extensions" was given nothing'],
    ['no policy', { tool_name: 'search', extensions: {} }, 'tools[0].extensions.policy" was given nothing'],
    ['an empty policy', toolEntry({ policy: '' }), 'extensions.policy" was given ""'],
    ['a policy that leaves its path', toolEntry({ policy: '../x' }), 'extensions.policy" was given "../x"'],
    ['an unknown extension', toolEntry({ policy_map: {} }), 'extensions.policy_map" is not known'],
    [
      'an endpoint of no hook',
      toolEntry({ policy_endpoints: ['allow_tools'] }),
      '"allow" must be listed too',
    ],
    ['another modality', toolEntry({ policy_modality: ['audio'] }), 'policy_modality[0]" was given "audio"'],
    ['a map of no keys', toolEntry({ policy_input_data_map: { user: 1 } }), 'policy_input_data_map.user"'],
    ['another name', { prompt_name: 'x', extensions: { policy: 'p' } }, 'tools[0].prompt_name" is not known'],
    ['a context that is no list', toolEntry({}, { context: 'a.b' }), 'tools[0].context" was given "a.b"'],
  ])('stops the start when an entry has %s', (_name, entry, message) => {
    expect(() => applied({ tools: [entry] })).toThrow(message);
  });

  it.each([
    'example.com',
    '/docs',
    'http:example.com',
    'https://',
    'http://a:port/',
    'a://b\\c',
    'a://b c',
    'a://é',
  ])('stops the start when an entry has the resource %s', (uri) => {
    expect(() => applied({ resources: [resourceEntry(uri)] })).toThrow('resource_uri" was given');
  });

  it.each(['30', 30, '1h', '1,5s', '1 s', '', 's', '-1s', '0s', '0.5ms', '1e3ms', '25d', '99999999m', ' 1s'])(
    'stops the start when a time is %j',
    (time) => {
      expect(() => file({ config: { opa_client_timeout: time } })).toThrow('opa_client_timeout" was given');
    },
  );

  it.each([
    ['500ms', 500],
    ['1.5s', 1_500],
    ['2m', 120_000],
    ['30s', 30_000],
    ['0.5m', 30_000],
    ['12.5ms', 12.5],
  ])('reads the time %s as %d ms', (time, milliseconds) => {
    const { plugins } = file({ config: { opa_client_timeout: time, opa_client_keepalive_expiry: time } });
    expect(plugins[0]?.options).toEqual({ timeout: milliseconds, pool: { freeSocketTimeout: milliseconds } });
  });

  it.each([
    ['no document', ''],
    [
      'a template in a name',
      fileText({ applied_to: { tools: [toolEntry({}, { tool_name: '{{ env.TOOL }}' })] } }),
    ],
    ['a template in a key', 'plugins: []\n"{% if x %}": 1'],
    ['a template that is not quoted', 'plugins: {{ env.PLUGINS }}'],
    ['a list', '[]'],
    ['no plugins', 'plugin_dirs: []'],
    ['a key twice', 'plugins: []\nplugins: []'],
    ['an unknown tag', 'plugins: !x []'],
    ['an unknown top key', 'plugins: []\nplugin: {}'],
    ['no plugin', 'plugins: []'],
    ['no plugin of the kind', 'plugins: [{ name: x, kind: external, config: { any: thing } }]'],
  ])('stops the start: %s', (_name, plugin) => {
    expect(() => parsePlugin(plugin, 'plugin.yaml')).toThrow(/^plugin\.yaml: /);
  });

  it('names every mistake at once', () => {
    expect(() => parsePlugin(fileText({ mode: 'x', hooks: 'y', config: { z: 1 } }), 'f')).toThrow(
      /hooks.*mode.*config\.z/,
    );
  });

  it('may have keys without a value, and YAML merge keys', () => {
    const text = `
plugins:
  - &opa { name: a, kind: ${kind}, applied_to: { tools: [{ tool_name: t, extensions: { policy: p } }], prompts: }, config:, conditions:, hooks: }
  - <<: *opa
    name: b
`;
    expect(parsePlugin(text, 'f').plugins.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  it.each<[string, Keys, Keys, string]>([
    ['another kind', {}, { plugins: [{ name: 'x', kind: 'external', mode: 'audit' }] }, 'mode'],
  ])('is as strict with plugins of %s', (_name, _plugin, more, message) => {
    expect(() => parsePlugin(JSON.stringify(more), 'f')).toThrow(message);
  });

  const tools = [toolEntry()];
  it.each<[string, Keys, string]>([
    ['permissive', { mode: 'permissive' }, 'mode "permissive" blocks nothing'],
    ['disabled', { mode: 'disabled' }, 'mode "disabled" blocks nothing'],
    ['sequential', { mode: 'sequential' }, 'mode "sequential" is taken as "enforce"'],
    ['transform', { mode: 'transform' }, 'mode "transform" is taken as "enforce"'],
    ['conditions', { conditions: [{ server_ids: ['a'] }] }, 'conditions has no effect here'],
    [
      'hooks elsewhere',
      { hooks: ['tool_pre_invoke', 'http_pre_request'] },
      'hook "http_pre_request" has no effect',
    ],
    ['no hooks', { hooks: [] }, 'hooks name none for a tool: it is not decided'],
    ['nothing listed', { applied_to: null }, 'applied_to lists nothing'],
    [
      'an endpoint that nothing asks',
      {
        hooks: ['tool_pre_invoke'],
        applied_to: { tools: [toolEntry({ policy_endpoints: ['allow_tool_post_invoke'] })] },
      },
      '"allow_tool_post_invoke" is for a hook that this entry does not use',
    ],
    ['a dotted package', { applied_to: { tools: [toolEntry({ policy: 'a.b' })] } }, 'policy "a.b" has a dot'],
    [
      'a key mapped twice',
      { applied_to: { tools: [toolEntry({ policy_input_data_map: { user: 'a', payload: 'a' } })] } },
      'gives "a" twice',
    ],
    [
      'a context key that is not listed',
      { applied_to: { tools: [toolEntry({ policy_input_data_map: { 'context.k': 'k', payload: 'p' } })] } },
      '"context.k" is always null',
    ],
    [
      'a map without the result',
      { applied_to: { tools: [toolEntry({ policy_input_data_map: { user: 'u' } })] } },
      "doesn't see what results hold",
    ],
  ])('causes a warning about %s', (_name, plugin, warning) => {
    expect(file({ applied_to: { tools }, ...plugin }).warnings).toContainEqual(
      expect.stringContaining(warning),
    );
  });

  it('causes no warning when nothing is unsafe or without effect', () => {
    expect(applied({ tools }).warnings).toEqual([]);
  });

  it('may have plugins of another kind, with a warning that they have no effect', () => {
    const other = { name: 'x', kind: 'external', config: { any: 1 }, applied_to: 'any', mcp: {} };
    const text = JSON.stringify({ plugins: [other, { name: 'opa', kind, applied_to: { tools } }] });
    const { plugins, warnings } = parsePlugin(text, 'f');
    expect(plugins).toHaveLength(1);
    expect(warnings).toEqual(['plugin "x" has no effect here: its kind is "external".']);
  });
});
