import type { ObligationExecutor } from 'nestjs-opa/internal';
import { changedResult } from '../policy/changed-result.js';
import { payloadBefore } from '../policy/contextforge-input.js';
import type { McpAdmission, McpEnforcer, McpOrigin, McpResult } from '../policy/enforcer.js';
import { McpObligations } from '../policy/obligations.js';
import { permitOf, responseHeadersOf } from '../policy/permit-headers.js';
import { failed, failedResult, invalid, isAborted } from '../policy/refusals.js';
import { MappingError, resourceOf } from '../policy/resource.js';
import type { McpCall } from '../protocol/call.js';
import type { Hook, HookTarget } from '../protocol/methods/index.js';
import type { OutputSchemas } from '../protocol/output-schemas.js';
import { assertResultShape } from '../protocol/result-shape.js';
import type { PluginQuery } from './combined-decision.js';
import { decideAll } from './combined-decision.js';
import type { HookedMethod } from './hooks.js';
import { hookedMethod } from './hooks.js';
import type { DecidingPlugin, MatchingEntries } from './matching-entries.js';
import { matchingEntries } from './matching-entries.js';
import { splitByModality } from './modalities.js';
import { payloadAfter } from './payload.js';
import { pluginInput } from './plugin-input.js';
import { isAmbiguous, parseResourceUri } from './resource-uri.js';

/**
 * Decides tools/call, prompts/get and resources/read by the original plugin's file. Every plugin of the file must allow,
 * and in each plugin every entry that matches. What no entry lists passes without a query; so does every other method.
 */
export class PluginEnforcer implements McpEnforcer {
  private readonly plugins: readonly DecidingPlugin[];
  private readonly obligations: McpObligations;
  private readonly schemes: ReadonlySet<string>;

  /** @param schemas - the tools' output schemas, for results that a policy changes */
  constructor(
    plugins: readonly DecidingPlugin[],
    private readonly schemas: OutputSchemas,
    executor: Pick<ObligationExecutor, 'execute'>,
  ) {
    this.obligations = new McpObligations(executor);
    this.plugins = plugins.filter(({ opa }) => opa.mode !== 'disabled');
    const entries = this.plugins.flatMap(({ plugin }) => plugin.entries);
    this.schemes = new Set(entries.flatMap(({ uri }) => (uri === undefined ? [] : [uri.scheme])));
  }

  async before(call: McpCall, origin: McpOrigin = {}): Promise<McpAdmission> {
    const hooked = hookedMethod(call.request.method);
    if (hooked === undefined) return { permit: {} };
    try {
      const scope = { call, origin, obligations: this.obligations, hasResult: false };
      const { refusal, allowed, headers } = await decideAll(this.queriesBefore(call, hooked), scope);
      return refusal === undefined ? { permit: permitOf(allowed, headers) } : { refusal };
    } catch (error) {
      const isInvalid = error instanceof MappingError;
      return { refusal: isInvalid ? invalid(`Invalid params: ${error.message}`) : failed(error) };
    }
  }

  seesResult(call: McpCall): boolean {
    const hooked = hookedMethod(call.request.method);
    return hooked !== undefined && this.entriesAfter(call, hooked).length > 0;
  }

  async after(call: McpCall, received: unknown, origin: McpOrigin = {}): Promise<McpResult> {
    const hooked = hookedMethod(call.request.method);
    if (hooked === undefined || !this.seesResult(call)) return { result: received };
    const { result: form } = hooked.method;
    try {
      const result = assertResultShape(call, form, received);
      const queries = this.queriesAfter(call, hooked, result);
      const scope = { call, origin, obligations: this.obligations, hasResult: true };
      const { refusal, changes, allowed, ...effects } = await decideAll(queries, scope);
      if (refusal !== undefined) return { refusal };
      const changed = await changedResult({ call, form, schemas: this.schemas }, result, changes);
      return { result: changed, ...responseHeadersOf(allowed, effects.headers) };
    } catch (error) {
      const refusal = failedResult(error);
      return this.onlyReports(call, hooked, error) ? { result: received } : { refusal };
    }
  }

  /** Reports a result that can't be decided, if every plugin that decides the result is in permissive mode. */
  private onlyReports(call: McpCall, hooked: HookedMethod, error: unknown): boolean {
    const deciding = this.entriesAfter(call, hooked);
    if (isAborted(error) || deciding.some(({ opa }) => opa.mode !== 'permissive')) return false;
    for (const { opa, entries } of deciding) {
      for (const [, policy] of entries) opa.reportWouldDeny(policy, 'deny', []);
    }
    return true;
  }

  private queriesBefore(call: McpCall, { method, hooks }: HookedMethod): PluginQuery[] {
    const { id } = resourceOf(call, method);
    if (this.plugins.length === 0) return [];
    if (hooks.target === 'resource') this.assertUri(method.resource.parameter, id);
    const payload = payloadBefore(hooks, id, call.request.params ?? {});
    const hook = { kind: hooks.before, mode: 'input', payload } as const;
    return this.matching(hooks.target, id, hooks.before).flatMap(({ opa, entries }) =>
      entries.map(([entry, policy]) => ({ opa, policy, input: pluginInput(call, entry, hook) })),
    );
  }

  private queriesAfter(
    call: McpCall,
    hooked: HookedMethod,
    result: Readonly<Record<string, unknown>>,
  ): PluginQuery[] {
    const { method, hooks } = hooked;
    const id = idOf(call, hooked);
    const content = splitByModality(method.result, id, result);
    return this.matching(hooks.target, id, hooks.after).flatMap(({ opa, entries }) => {
      const namedByAny = new Set(entries.flatMap(([entry]) => [...entry.modalities]));
      return entries.map(([entry, policy]) => {
        const payload = payloadAfter(hooks.idKey, id, content, { named: entry.modalities, namedByAny });
        const input = pluginInput(call, entry, { kind: hooks.after, mode: 'output', payload });
        return { opa, policy, input };
      });
    });
  }

  private entriesAfter(call: McpCall, hooked: HookedMethod): readonly MatchingEntries[] {
    return this.matching(hooked.hooks.target, idOf(call, hooked), hooked.hooks.after);
  }

  private matching(target: HookTarget, id: string, hook: Hook): readonly MatchingEntries[] {
    return matchingEntries(this.plugins, target, id, hook);
  }

  private assertUri(parameter: string, id: string): void {
    const uri = parseResourceUri(id);
    if (uri === undefined) throw new MappingError(`params.${parameter} is not a URI with a scheme`);
    if (this.schemes.has(uri.scheme) && isAmbiguous(id)) {
      throw new MappingError(
        `params.${parameter} holds a backslash, a broken escape, or a character that is not printable ASCII`,
      );
    }
  }
}

function idOf({ request }: McpCall, { method }: HookedMethod): string {
  return String(request.params?.[method.resource.parameter]);
}
