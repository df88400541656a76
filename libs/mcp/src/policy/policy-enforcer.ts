import type { Decision } from 'nestjs-opa';
import type { OpaService } from 'nestjs-opa';
import type { ObligationExecutor } from 'nestjs-opa/internal';
import { isAllowed } from 'nestjs-opa/internal';
import type { McpCall } from '../protocol/call.js';
import { isUndecided, methodIn, schemaListOf } from '../protocol/methods/index.js';
import type { ContentMethod, DecidedMethod, McpMethod } from '../protocol/methods/index.js';
import { ListedTools } from '../protocol/listed-tools.js';
import type { OutputSchemas } from '../protocol/output-schemas.js';
import { isObject } from '../protocol/parse.js';
import { assertResultShape } from '../protocol/result-shape.js';
import { CallOrigin } from './call-origin.js';
import { changedResult } from './changed-result.js';
import { coazInput } from './coaz-input.js';
import { contextforgeInput } from './contextforge-input.js';
import { DeclaredMappings } from './declared-mappings.js';
import type { McpAdmission, McpEnforcer, McpOrigin, McpRefusal, McpResult } from './enforcer.js';
import { filterList } from './list-filter.js';
import type { McpEffects } from './obligations.js';
import { McpObligations } from './obligations.js';
import { permitOf, responseHeadersOf } from './permit-headers.js';
import { denied, failed, failedResult, invalid, isAborted, unknownMethod } from './refusals.js';
import { MappingError } from './resource.js';

/** The policies of one MCP server. */
export interface McpPolicies {
  /** The policy path that decides every request that needs a decision. */
  readonly policy: string;
  /** The policy path that decides results of tools/call, prompts/get and resources/read. Default: all pass. */
  readonly response?: string | undefined;
  /** The policy path that says which items of a list are visible. Default: all items of an allowed list. */
  readonly list?: string | undefined;
  /** The form of the input. Default: `'coaz'`. */
  readonly shape?: 'coaz' | 'contextforge' | undefined;
  /** A vendor's own methods, decided like `tools/list`. Default: none. */
  readonly methods?: readonly string[] | undefined;
}

/** Decides an MCP server's requests, lists and results by OPA policies. */
export class McpPolicyEnforcer implements McpEnforcer {
  private readonly mappings = new DeclaredMappings();
  private readonly obligations: McpObligations;

  constructor(
    private readonly opa: Pick<OpaService, 'decide' | 'show' | 'mode' | 'reportWouldDeny'>,
    private readonly policies: McpPolicies,
    private readonly schemas: OutputSchemas,
    executor: Pick<ObligationExecutor, 'execute'>,
    private readonly tools = new ListedTools(),
  ) {
    this.obligations = new McpObligations(executor);
  }

  async before(call: McpCall, origin: McpOrigin = {}): Promise<McpAdmission> {
    const method = this.methodOf(call);
    if (method === undefined) return { refusal: unknownMethod(call.request.method, call.era) };
    if (isUndecided(method)) return { permit: {} };
    try {
      const { policy } = this.policies;
      const decision = await this.opa.decide({
        policy,
        input: this.inputOf(call, method),
        signal: origin.signal,
        origin: new CallOrigin(call, origin, 'mcp'),
      });
      const effects = await this.obligations.carryOut(decision, call, 'request', origin.context);
      // Before the call there is no result that an obligation could edit.
      const cannotEdit = effects.edits.length > 0;
      const refusal = this.refusalOf(decision, { ...effects, failed: effects.failed || cannotEdit });
      return refusal === undefined ? { permit: permitOf(decision, effects.headers) } : { refusal };
    } catch (error) {
      const isInvalid = error instanceof MappingError;
      return { refusal: isInvalid ? invalid(`Invalid params: ${error.message}`) : failed(error) };
    }
  }

  seesResult(call: McpCall): boolean {
    const method = this.methodOf(call);
    if (method?.list !== undefined) return true;
    return method?.result !== undefined && this.policies.response !== undefined;
  }

  async after(call: McpCall, result: unknown, origin: McpOrigin = {}): Promise<McpResult> {
    const method = this.methodOf(call);
    if (method === undefined || isUndecided(method)) return { result };
    this.learn(call, result);
    if (this.opa.mode === 'disabled') return { result };
    try {
      const input = this.inputOf(call, method);
      if (method.list !== undefined) {
        const { list: policy } = this.policies;
        if (policy === undefined) return { result };
        return await filterList(this.opa, { call, list: method.list, policy, input, origin }, result);
      }
      const { response: policy } = this.policies;
      if (method.result === undefined || policy === undefined) return { result };
      return await this.decideResult(call, method, { policy, input, origin }, result);
    } catch (error) {
      if (this.opa.mode !== 'permissive' || isAborted(error)) return { refusal: failedResult(error) };
      // In enforcing mode the result would be refused. The log gets the cause, and the report the refusal.
      failed(error);
      this.opa.reportWouldDeny(this.policies.response ?? this.policies.policy, 'deny', []);
      return { result };
    }
  }

  private async decideResult(
    call: McpCall,
    method: ContentMethod,
    { policy, input, origin }: { policy: string; input: Record<string, unknown>; origin: McpOrigin },
    received: unknown,
  ): Promise<McpResult> {
    const result = assertResultShape(call, method.result, received);
    const resultInput = { ...input, response: { result } };
    const decision = await this.opa.decide({
      policy,
      input: resultInput,
      phase: 'response',
      signal: origin.signal,
      origin: new CallOrigin(call, origin, 'mcp'),
    });
    const { edits, ...effects } = await this.obligations.carryOut(decision, call, 'response', origin.context);
    const refusal = this.refusalOf(decision, effects);
    if (refusal !== undefined) return { refusal };
    const changes = { body: decision.body, edits, policies: [policy] };
    const changed = await changedResult(
      { call, form: method.result, schemas: this.schemas },
      result,
      changes,
    );
    return { result: changed, ...responseHeadersOf(decision, effects.headers) };
  }

  /**
   * Why a decision refuses a call or result; `undefined` for an allow, and in permissive mode.
   *
   * @throws OpaError the error with which an obligation's handler refuses the call
   */
  private refusalOf(decision: Decision, effects: Omit<McpEffects, 'edits'>): McpRefusal | undefined {
    if (!isAllowed(decision)) return denied(decision, effects);
    const isDenied = effects.failed || effects.stepUp !== undefined;
    if (!isDenied && effects.refusal === undefined) return undefined;
    if (decision.enforced !== 'pass') {
      if (isDenied || effects.refusal === undefined) return denied(decision, effects);
      throw effects.refusal;
    }
    this.opa.reportWouldDeny(decision.policy, 'deny', decision.reasons);
    return undefined;
  }

  /** Stores what a list of tools declares. */
  private learn(call: McpCall, result: unknown): void {
    const list = schemaListOf(call.request.method);
    const tools: unknown = list !== undefined && isObject(result) ? result[list.items] : undefined;
    if (!Array.isArray(tools)) return;
    this.schemas.learn(call, tools);
    this.tools.learn(call.caller, tools);
    this.mappings.report(tools);
  }

  private methodOf({ request, era }: McpCall): McpMethod | undefined {
    return methodIn(era, request.method, this.policies.methods);
  }

  private inputOf(call: McpCall, method: DecidedMethod): Record<string, unknown> {
    return this.policies.shape === 'contextforge'
      ? contextforgeInput(call, method)
      : coazInput(call, method, this.tools);
  }
}
