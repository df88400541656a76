import { edited } from 'nestjs-opa/internal';
import { touched } from '../protocol/cache-hints.js';
import { MappingError, resourceOf } from '../policy/coaz.js';
import type { McpCall } from '../protocol/call.js';
import type { McpEnforcer, McpPermit, McpRefusal, McpResult } from '../policy/enforcer.js';
import type { OutputSchemas } from '../protocol/output-schemas.js';
import { answerHeaders, permitOf } from '../policy/permit.js';
import { failed, failedResult, invalid, isAborted } from '../policy/refusals.js';
import { assertResultShape } from '../protocol/result-shape.js';
import type { Hook, Point } from './hooks.js';
import { pointOf } from './hooks.js';
import { inputOf } from './input.js';
import { kindsOf } from './kinds.js';
import { payloadAfter, payloadBefore } from './payload.js';
import type { OpaPlugin, PluginEntry } from './plugin-file.js';
import { covers, isAmbiguous, parseResourceUri } from './resource-uri.js';
import type { PluginOpa, PluginQuestion } from './verdict.js';
import { verdictOf } from './verdict.js';

/** A plugin, and the service of the module instance that decides for it. */
export interface DecidingPlugin {
  readonly plugin: OpaPlugin;
  readonly opa: PluginOpa;
}

/**
 * Decides tools/call, prompts/get and resources/read by the original plugin's file; what no entry lists, and every
 * other method, passes without a question. Every plugin of the file, and in each every entry that matches, must allow.
 */
export class PluginEnforcer implements McpEnforcer {
  private readonly plugins: readonly DecidingPlugin[];
  private readonly schemes: ReadonlySet<string>;

  /** @param schemas - the tools' output schemas, for results that a policy changes */
  constructor(
    plugins: readonly DecidingPlugin[],
    private readonly schemas: OutputSchemas,
  ) {
    this.plugins = plugins.filter(({ opa }) => opa.mode !== 'disabled');
    const entries = this.plugins.flatMap(({ plugin }) => plugin.entries);
    this.schemes = new Set(entries.flatMap(({ uri }) => (uri === undefined ? [] : [uri.scheme])));
  }

  async before(
    call: McpCall,
    signal?: AbortSignal,
    permitted?: (permit: McpPermit) => void,
  ): Promise<McpRefusal | undefined> {
    const point = pointOf(call.request.method);
    if (point === undefined) return undefined;
    try {
      const { id } = resourceOf(call, point.rule);
      if (this.plugins.length === 0) return undefined;
      this.assertUri(point, id);
      const payload = payloadBefore(point, id, call.request.params ?? {});
      const questions = this.matching(point, id, point.before).flatMap(({ opa, entries }) =>
        entries.map(([entry, policy]) => {
          return { opa, policy, input: inputOf(call, entry, point.before, 'input', payload) };
        }),
      );
      const { refusal, allowed } = await verdictOf(questions, false, signal);
      const permit = permitOf(allowed);
      if (permit !== undefined) permitted?.(permit);
      return refusal;
    } catch (error) {
      return error instanceof MappingError ? invalid(`Invalid params: ${error.message}`) : failed(error);
    }
  }

  seesResult(call: McpCall): boolean {
    const point = pointOf(call.request.method);
    return point !== undefined && this.matching(point, idOf(call, point), point.after).length > 0;
  }

  async after(call: McpCall, result: unknown, signal?: AbortSignal): Promise<McpResult> {
    const point = pointOf(call.request.method);
    if (point === undefined || !this.seesResult(call)) return { result };
    try {
      const given = assertResultShape(call.request.method, result, call.era);
      const questions = this.questionsAfter(call, point, given);
      const { refusal, edits, body, allowed } = await verdictOf(questions, true, signal);
      if (refusal !== undefined) return { refusal };
      const headers = answerHeaders(allowed);
      if (body === undefined && edits.length === 0) return { result, ...headers };
      const left = assertResultShape(
        call.request.method,
        edited(body === undefined ? given : body, edits),
        call.era,
      );
      await this.schemas.assertValid(call, left, given);
      return { result: touched(call, left), ...headers };
    } catch (error) {
      const refusal = failedResult(error);
      return this.letsPass(call, point, error) ? { result } : { refusal };
    }
  }

  /** Whether the plugins that decide a result would only report; they report what can't be decided then. */
  private letsPass(call: McpCall, point: Point, error: unknown): boolean {
    const deciding = this.matching(point, idOf(call, point), point.after);
    if (isAborted(error) || deciding.some(({ opa }) => opa.mode !== 'permissive')) return false;
    for (const { opa, entries } of deciding) {
      for (const [, policy] of entries) opa.reportWouldDeny(policy, 'deny', []);
    }
    return true;
  }

  private questionsAfter(
    call: McpCall,
    point: Point,
    result: Readonly<Record<string, unknown>>,
  ): PluginQuestion[] {
    const id = idOf(call, point);
    const kinds = kindsOf(point, id, result);
    return this.matching(point, id, point.after).flatMap(({ opa, entries }) => {
      const claimed = new Set(entries.flatMap(([entry]) => [...entry.modalities]));
      return entries.map(([entry, policy]) => {
        const payload = payloadAfter(point, id, kinds, entry.modalities, claimed);
        return { opa, policy, input: inputOf(call, entry, point.after, 'output', payload) };
      });
    });
  }

  /** The entries that match, by plugin, each with the policy of the hook; those that it doesn't ask left out. */
  private matching(
    { target }: Point,
    id: string,
    hook: Hook,
  ): { opa: PluginOpa; entries: [PluginEntry, string][] }[] {
    const uri = target === 'resource' ? parseResourceUri(id) : undefined;
    const matches = (entry: PluginEntry): boolean =>
      entry.uri === undefined ? entry.name === id : uri !== undefined && covers(entry.uri, uri);
    return this.plugins
      .map(({ plugin, opa }) => ({
        opa,
        entries: plugin.entries.flatMap((entry): [PluginEntry, string][] => {
          const policy = entry.policies.get(hook);
          return policy !== undefined && entry.target === target && matches(entry) ? [[entry, policy]] : [];
        }),
      }))
      .filter(({ entries }) => entries.length > 0);
  }

  private assertUri({ target }: Point, id: string): void {
    if (target !== 'resource') return;
    const uri = parseResourceUri(id);
    if (uri === undefined) throw new MappingError('params.uri is not a URI with a scheme');
    if (this.schemes.has(uri.scheme) && isAmbiguous(id)) {
      throw new MappingError('params.uri holds what is not allowed in a URI');
    }
  }
}

function idOf({ request }: McpCall, { rule }: Point): string {
  return String(request.params?.[rule.named]);
}
