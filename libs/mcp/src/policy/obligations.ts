import type { ExecutionContext } from '@nestjs/common';
import type { Decision, HeaderValues, OpaObligationScene } from 'nestjs-opa';
import { OpaError } from 'nestjs-opa';
import { mergeStepUps, obligationsOf } from 'nestjs-opa/internal';
import type { HeaderTarget, ObligationExecutor, ResultEdit, StepUp } from 'nestjs-opa/internal';
import type { McpCall } from '../protocol/call.js';

/** What the obligations of a decision on an MCP call ask for. */
export interface McpEffects {
  /** The edits of the result. */
  readonly edits: readonly ResultEdit[];
  /** The headers of the HTTP response to the client. */
  readonly headers: HeaderValues;
  /** The authentication that a step-up asks for; `undefined` without a step-up. */
  readonly stepUp?: StepUp | undefined;
  /** Whether an obligation could not be carried out: a permit is a denial then. */
  readonly failed: boolean;
  /** The error with which a handler refuses a permitted call, such as `OPA_RATE_LIMITED`. */
  readonly refusal?: OpaError | undefined;
}

const NONE: McpEffects = { edits: [], headers: {}, failed: false };

/** Carries out the obligations of decisions on MCP calls, with the handlers of the application. */
export class McpObligations {
  constructor(private readonly executor: Pick<ObligationExecutor, 'execute'>) {}

  /**
   * @param phase - whether the decision is about the call, or about its result
   * @param context - the HTTP request that brought the call, for the handlers of the application
   */
  async carryOut(
    decision: Decision,
    { request: { method, params = {} } }: McpCall,
    phase: OpaObligationScene['phase'],
    context: ExecutionContext | undefined,
  ): Promise<McpEffects> {
    if (obligationsOf(decision).length === 0) return NONE;
    const scene = { decision, context, phase, mcp: { method, params } };
    const effects = await this.executor.execute({ scene, headers: COLLECT });
    const { edits, headers, stepUps, failed, refusal } = effects;
    return { edits, headers, failed, refusal, ...(stepUps.length > 0 && { stepUp: mergeStepUps(stepUps) }) };
  }
}

/** The executor collects the headers that are set. Nobody knows yet which headers the MCP server will send. */
const COLLECT: HeaderTarget = {
  set: () => undefined,
  remove: (name) => {
    throw new OpaError(
      'OPA_BAD_DECISION',
      `The obligation "header" can't clear ${JSON.stringify(name)} on an MCP response. Give it a "value".`,
    );
  },
};
