import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Cleanup } from '../../support/cleanup.js';
import { startGateway } from '../../support/gateway-process.js';
import { startOpa } from '../../support/opa-process.js';
import { AUDIENCE, ISSUER, startIssuer } from '../../support/tokens.js';
import type { McpGateway } from './mcp-gateway.js';
import { startScripted } from './scripted-server.js';

/** Keys of a plugin's file. */
export type Keys = Readonly<Record<string, unknown>>;

/** Policies for plugins: one that tells what it was asked, two that allow or deny, and the original's own example. */
export const POLICIES = {
  'echo.rego': `package echo
allow := {"allow": false, "reason": json.marshal({"rule": "allow", "input": input})}
first_tool_pre_invoke := {"allow": false, "reason": json.marshal({"rule": "first_tool_pre_invoke", "input": input})}
other := {"allow": false, "reason": json.marshal({"rule": "other", "input": input})}`,
  'yes.rego': 'package yes\nallow := true',
  'no.rego': 'package no\nallow := {"allow": false, "reason": "no"}',
  'pay.rego': `package pay
allow := {"allow": true, "obligations": [{"type": "step-up", "properties": {"scope": "pay:write"}}]}`,
  'example.rego': `package example
default allow_tool_pre_invoke := false
allow_tool_pre_invoke if contains(input.payload.args.repo_path, "IBM")
default allow_tool_post_invoke := false
allow_tool_post_invoke if every text in input.payload.text { not contains(text, "@") }
default allow := false
allow if not contains(input.payload.uri, "/root")`,
  'answers.rego': `package answers
allow := {"null": null, "list": [], "text": "false", "object": {"allow": "false"}, "empty": {}}[input.payload.args.form]`,
  'results.rego': `package results
default allow := false
allow if not contains(json.marshal(input.payload), "classified")
reasons contains "classified" if not allow
decision := {"allow": allow, "reasons": reasons, "obligations": obligations}
obligations contains {"type": "mask", "properties": {"path": "/content/0/text"}} if {
  some text in input.payload.text
  contains(text, "password")
}`,
};

/** The kind of plugin that counts. */
export const KIND = 'opapluginfilter.plugin.OPAPluginFilter';

/** A plugin that applies policies to the given tools, prompts and resources. */
export const plugin = (applied_to: Keys, more: Keys = {}): Keys => ({
  name: 'opa',
  kind: KIND,
  applied_to,
  ...more,
});

/** An entry that applies a policy to a tool. */
export const onTool = (tool_name: string, policy: string, extensions: Keys = {}, more: Keys = {}): Keys => ({
  tool_name,
  extensions: { policy, ...extensions },
  ...more,
});

/** An entry that applies a policy to a prompt. */
export const onPrompt = (prompt_name: string, policy: string, extensions: Keys = {}): Keys => ({
  prompt_name,
  extensions: { policy, ...extensions },
});

/** An entry that applies a policy to a resource. */
export const onResource = (resource_uri: string, policy: string, extensions: Keys = {}): Keys => ({
  resource_uri,
  extensions: { policy, ...extensions },
});

/** Writes a plugin file, as JSON, which YAML is too, or as text. */
export async function writePlugin(cleanup: Cleanup, content: object | string): Promise<string> {
  const folder = cleanup.add(await mkdtemp(join(tmpdir(), 'plugin-')), (created) =>
    rm(created, { recursive: true }),
  );
  const file = join(folder, 'contextforge-opa.yaml');
  await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

/** What {@link startPluginGateway} takes; without an `entry`, one named `up`. */
export interface PluginGatewayOptions {
  /** The plugins of each entry's file; of several entries the first is `up`, the others `up1`, … */
  readonly files: readonly (readonly Keys[])[];
  /** Further keys of the entries. */
  readonly entry?: Keys;
  /** The gateway's own options of the module; without them it asks the test's OPA. */
  readonly opa?: Keys;
  /** Further keys of the gateway's file. */
  readonly config?: Keys;
}

/** A gateway whose MCP entries, in front of one scripted server, are decided by plugin files; with a real OPA. */
export async function startPluginGateway(
  cleanup: Cleanup,
  { files, entry = {}, opa: options, config = {} }: PluginGatewayOptions,
): Promise<McpGateway> {
  const issuer = cleanup.add(await startIssuer(), ({ remove }) => remove());
  const upstream = cleanup.add(await startScripted(), ({ close }) => close());
  const opa = cleanup.add(await startOpa({ rego: POLICIES }), ({ kill }) => kill());
  const auth = { jwks: issuer.jwksFile, issuer: ISSUER, audience: AUDIENCE, anonymous: true };
  const mcp = [];
  for (const [index, plugins] of files.entries()) {
    const name = index === 0 ? 'up' : `up${index}`;
    const file = await writePlugin(cleanup, { plugins });
    mcp.push({ name, url: `${upstream.url}/mcp`, plugin: file, ...entry });
  }
  const all = { opa: options ?? { url: opa.url }, auth, mcp, ...config };
  const gateway = cleanup.add(await startGateway(all), ({ end }) => end());
  return { gateway, upstream, issuer, opa, config: all };
}

/** The rule and the input that the policy `echo` writes into its denial. */
export function echoed(response: { json(): unknown }): { rule: string; input: unknown } {
  const { error } = response.json() as { error: { data: { reasons: [string] } } };
  return JSON.parse(error.data.reasons[0]) as { rule: string; input: unknown };
}
