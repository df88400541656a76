import type { Decision } from 'nestjs-opa';
import type { OpaService } from 'nestjs-opa';
import { edited } from 'nestjs-opa/internal';
import { touched } from '../protocol/cache-hints.js';
import { coazInput, contextforgeInput, MappingError } from './coaz.js';
import { effectsOf } from './effects.js';
import type { McpEffects } from './effects.js';
import type { McpCall } from '../protocol/call.js';
import type { McpEnforcer, McpPermit, McpRefusal, McpResult } from './enforcer.js';
import { DeclaredMappings, filtered } from './list-filter.js';
import type { MethodRule } from '../protocol/methods.js';
import { ruleOf } from '../protocol/methods.js';
import type { OutputSchemas } from '../protocol/output-schemas.js';
import { isObject } from '../protocol/parse.js';
import { answerHeaders, permitOf } from './permit.js';
import { denied, failed, failedResult, invalid, isAborted, unknownMethod } from './refusals.js';
import { assertResultShape } from '../protocol/result-shape.js';

/** Which policies decide an MCP server. */
export interface McpPolicies {
  /** Asked before every request that needs a decision. */
  readonly policy: string;
  /** Asked about the results of tools/call, prompts/get and resources/read. Default: they pass. */
  readonly response?: string | undefined;
  /** Asked which of a list's items are shown. Default: all of an allowed list. */
  readonly list?: string | undefined;
  /** The form of the input. Default: `'coaz'`. */
  readonly shape?: 'coaz' | 'contextforge' | undefined;
  /** A vendor's own methods, decided like `tools/list`. Default: none. */
  readonly methods?: readonly string[] | undefined;
}

/** Decides an MCP server's requests, lists and results by OPA policies. */
export class McpPolicyEnforcer implements McpEnforcer {
  private readonly mappings = new DeclaredMappings();

  constructor(
    private readonly opa: Pick<OpaService, 'decide' | 'show' | 'mode' | 'reportWouldDeny'>,
    private readonly policies: McpPolicies,
    private readonly schemas: OutputSchemas,
  ) {}

  async before(
    call: McpCall,
    signal?: AbortSignal,
    permitted?: (permit: McpPermit) => void,
  ): Promise<McpRefusal | undefined> {
    const { method } = call.request;
    const rule = this.ruleOf(call);
    if (rule === 'pass') return undefined;
    if (rule === undefined) return unknownMethod(method, call.era);
    try {
      const { policy } = this.policies;
      const decision = await this.opa.decide({ policy, input: this.inputOf(call, rule), signal });
      const effects = effectsOf(decision);
      // Before the call there is no result to edit.
      const hasEdits = effects.edits.length > 0;
      const refusal = this.verdict(decision, { ...effects, failed: effects.failed || hasEdits });
      const permit = permitOf(decision);
      if (refusal === undefined && permit !== undefined) permitted?.(permit);
      return refusal;
    } catch (error) {
      return error instanceof MappingError ? invalid(`Invalid params: ${error.message}`) : failed(error);
    }
  }

  seesResult(call: McpCall): boolean {
    const rule = this.ruleOf(call);
    if (rule === undefined || rule === 'pass') return false;
    return rule.list === undefined ? rule.hasResult === true && this.policies.response !== undefined : true;
  }

  async after(call: McpCall, result: unknown, signal?: AbortSignal): Promise<McpResult> {
    const rule = this.ruleOf(call);
    if (rule === undefined || rule === 'pass') return { result };
    if (call.request.method === 'tools/list') this.learn(call, result);
    if (this.opa.mode === 'disabled') return { result };
    try {
      const input = this.inputOf(call, rule);
      const { list, response } = this.policies;
      if (rule.list !== undefined) {
        if (list === undefined) return { result };
        return await filtered(this.opa, { call, list: rule.list, policy: list, input, signal }, result);
      }
      if (rule.hasResult !== true || response === undefined) return { result };
      return await this.decided(call, response, input, result, signal);
    } catch (error) {
      if (this.opa.mode !== 'permissive' || isAborted(error)) return { refusal: failedResult(error) };
      // Enforced it would have been refused: the log says why, the report that.
      failed(error);
      this.opa.reportWouldDeny(this.policies.response ?? this.policies.policy, 'deny', []);
      return { result };
    }
  }

  private async decided(
    call: McpCall,
    policy: string,
    input: Readonly<Record<string, unknown>>,
    given: unknown,
    signal: AbortSignal | undefined,
  ): Promise<McpResult> {
    const result = assertResultShape(call.request.method, given, call.era);
    const shown = { ...input, response: { result } };
    const decision = await this.opa.decide({ policy, input: shown, phase: 'response', signal });
    const effects = effectsOf(decision);
    const refusal = this.verdict(decision, effects);
    if (refusal !== undefined) return { refusal };
    const { body } = decision;
    const headers = answerHeaders(decision);
    if (decision.degraded === 'permissive' || (body === undefined && effects.edits.length === 0)) {
      return { result, ...headers };
    }
    const changed = edited(body === undefined ? result : body, effects.edits);
    const left = assertResultShape(call.request.method, changed, call.era, policy);
    await this.schemas.assertValid(call, left, result);
    return { result: touched(call, left), ...headers };
  }

  private verdict(decision: Decision, { failed, scopes }: Omit<McpEffects, 'edits'>): McpRefusal | undefined {
    if ((decision.allowed as unknown) !== true) return denied(decision, scopes);
    if (!failed && scopes === undefined) return undefined;
    if (this.opa.mode !== 'permissive') return denied(decision, scopes);
    if (decision.degraded !== 'permissive') {
      this.opa.reportWouldDeny(decision.policy, 'deny', decision.reasons);
    }
    return undefined;
  }

  private learn(call: McpCall, result: unknown): void {
    const tools: unknown = isObject(result) ? result['tools'] : undefined;
    if (!Array.isArray(tools)) return;
    this.schemas.learn(call, tools);
    this.mappings.report(tools);
  }

  private ruleOf({ request, era }: McpCall): ReturnType<typeof ruleOf> {
    return ruleOf(request.method, era, this.policies.methods ?? []);
  }

  private inputOf(call: McpCall, rule: MethodRule): Record<string, unknown> {
    return this.policies.shape === 'contextforge' ? contextforgeInput(call, rule) : coazInput(call, rule);
  }
}
