import type { Decision } from '../contracts/index.js';
import { OpaError } from '../contracts/index.js';
import type { OpaService } from '../decision/index.js';
import { edited } from '../enforcement/index.js';
import { coazInput, contextforgeInput, MappingError } from './coaz.js';
import { effectsOf } from './effects.js';
import type { McpCall, McpEnforcer, McpRefusal, McpResult } from './enforcer.js';
import type { MethodRule } from './methods.js';
import { ruleOf } from './methods.js';
import type { OutputSchemas } from './output-schemas.js';
import { isObject } from './parse.js';
import { denied, failed, invalid, unknownMethod } from './refusals.js';
import { assertResultShape } from './result-shape.js';
import { shownBy } from './shown.js';

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
  constructor(
    private readonly opa: Pick<OpaService, 'decide' | 'evaluate' | 'mode'>,
    private readonly policies: McpPolicies,
    private readonly schemas: OutputSchemas,
  ) {}

  async before(call: McpCall, signal?: AbortSignal): Promise<McpRefusal | undefined> {
    const { method } = call.request;
    const rule = this.ruleOf(call);
    if (rule === 'pass') return undefined;
    if (rule === undefined) return unknownMethod(method, call.era);
    return refusing(async () => {
      const decision = await this.opa.decide({
        policy: this.policies.policy,
        input: this.inputOf(call, rule),
        signal,
      });
      const { edits, ...effects } = effectsOf(decision);
      // Before the call there is no result to edit.
      return this.verdict(decision, { ...effects, failed: effects.failed || edits.length > 0 });
    });
  }

  seesResult(call: McpCall): boolean {
    const rule = this.ruleOf(call);
    if (rule === undefined || rule === 'pass') return false;
    return rule.list === undefined ? rule.hasResult === true && this.policies.response !== undefined : true;
  }

  async after(call: McpCall, result: unknown, signal?: AbortSignal): Promise<McpResult> {
    const rule = this.ruleOf(call);
    if (rule === undefined || rule === 'pass') return { result };
    let leaving = result;
    const refusal = await refusing(async () => {
      if (rule.list !== undefined) leaving = await this.listed(call, rule, rule.list, result, signal);
      else if (this.policies.response !== undefined)
        return this.decided(
          call,
          rule,
          this.policies.response,
          result,
          signal,
          (changed) => (leaving = changed),
        );
      return undefined;
    });
    return refusal === undefined ? { result: leaving } : { refusal };
  }

  private async decided(
    call: McpCall,
    rule: MethodRule,
    policy: string,
    given: unknown,
    signal: AbortSignal | undefined,
    leave: (result: unknown) => void,
  ): Promise<McpRefusal | undefined> {
    const result = assertResultShape(call.request.method, given, call.era);
    const input = { ...this.inputOf(call, rule), response: { result } };
    const decision = await this.opa.decide({ policy, input, signal });
    const effects = effectsOf(decision);
    const refusal = this.verdict(decision, effects);
    if (refusal !== undefined || decision.degraded === 'permissive') return refusal;
    if (decision.body === undefined && effects.edits.length === 0) return undefined;
    const changed = edited(decision.body ?? result, effects.edits);
    const left = assertResultShape(call.request.method, changed, call.era);
    await this.schemas.assertValid(call, left, result);
    leave(private_(left, call));
    return undefined;
  }

  private async listed(
    call: McpCall,
    rule: MethodRule,
    [key, name]: readonly [string, string],
    result: unknown,
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    const items: unknown = isObject(result) ? result[key] : undefined;
    if (!isObject(result) || !Array.isArray(items) || !items.every((item) => isObject(item))) {
      throw new OpaError('OPA_BAD_ANSWER', `The MCP server's ${call.request.method} is not a list.`);
    }
    if (call.request.method === 'tools/list') this.schemas.learn(call, items);
    const { list } = this.policies;
    if (list === undefined || this.opa.mode === 'disabled') return result;
    const answer = await this.opa.evaluate({
      policy: list,
      input: { ...this.inputOf(call, rule), items },
      signal,
    });
    const shown = shownBy(answer, list);
    const left = items.filter((item) => shown === true || (shown !== false && shown.has(String(item[name]))));
    // Even a list that is whole for this caller is not for all.
    return private_({ ...result, [key]: left }, call);
  }

  private verdict(
    decision: Decision,
    { failed, scopes }: { failed: boolean; scopes: readonly string[] | undefined },
  ): McpRefusal | undefined {
    if ((decision.allowed as unknown) !== true) return denied(decision, scopes);
    // What an obligation would have stopped is in the log.
    if (decision.degraded === 'permissive' || this.opa.mode === 'permissive') return undefined;
    return failed || scopes !== undefined ? denied(decision, scopes) : undefined;
  }

  private ruleOf({ request, era }: McpCall): ReturnType<typeof ruleOf> {
    return ruleOf(request.method, era, this.policies.methods ?? []);
  }

  private inputOf(call: McpCall, rule: MethodRule): Record<string, unknown> {
    return this.policies.shape === 'contextforge' ? contextforgeInput(call, rule) : coazInput(call, rule);
  }
}

async function refusing(decide: () => Promise<McpRefusal | undefined>): Promise<McpRefusal | undefined> {
  try {
    return await decide();
  } catch (error) {
    return error instanceof MappingError ? invalid(`Invalid params: ${error.message}`) : failed(error);
  }
}

// What a policy has touched may not be kept for others; in the older era results carry no such hint.
function private_(result: Record<string, unknown>, { era }: McpCall): Record<string, unknown> {
  return era === 'modern' ? { ...result, ttlMs: 0, cacheScope: 'private' } : result;
}
