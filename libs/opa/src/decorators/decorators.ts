import type { ExecutionContext } from '@nestjs/common';
import { createParamDecorator } from '@nestjs/common';
import type { Decision } from '../contracts/index.js';
import { assertMilliseconds, assertPolicyPath, OpaError } from '../contracts/index.js';
import { findRecordForParameter } from '../contexts/index.js';
import type { InputSource, OpaPolicyOptions } from './declaration.js';
import { declarationWith, declare, declareInput } from './declaration.js';

const OPTIONS = new Set(['response', 'combine', 'inherit', 'mode', 'instance', 'timeout']);

/**
 * Names the policy that decides a handler, or all handlers of a class; a handler's own wins, whole.
 *
 * @param path - the policy path, `a/b/c` under `data`, or several: see `combine`
 * @throws OpaError `OPA_BAD_OPTIONS` when a path or the timeout isn't valid, or an option isn't known
 * @example
 * ```ts
 * @Get(':id') @OpaPolicy('orders/read', { response: 'orders/view' })
 * read() {}
 * ```
 */
export function OpaPolicy(
  path: string | readonly string[],
  options: OpaPolicyOptions = {},
): ClassDecorator & MethodDecorator {
  const policies = [path].flat();
  const unknown = Object.keys(options).find((name) => !OPTIONS.has(name));
  if (unknown !== undefined)
    throw new OpaError('OPA_BAD_OPTIONS', `@OpaPolicy, option "${unknown}" is not known; correct its name.`);
  if (policies.length === 0)
    throw new OpaError('OPA_BAD_OPTIONS', '@OpaPolicy: the list of policies is empty.');
  for (const policy of policies) assertPolicyPath(policy, '@OpaPolicy');
  if (options.response !== undefined) assertPolicyPath(options.response, '@OpaPolicy, option "response"');
  if (options.timeout !== undefined) assertMilliseconds(options.timeout, '@OpaPolicy, option "timeout"');
  return declare(declarationWith(policies, options));
}

/** Lets everyone in: no policy is asked for the handler or class. */
export function OpaPublic(): ClassDecorator & MethodDecorator {
  return declare(declarationWith([]));
}

/**
 * Says that a handler, or each of a class, asks OPA in its own code, such as by `OpaService.enforce`: the guard asks
 * nothing and lets everyone in, and the start-up audit counts the handler as one that decides.
 *
 * @param policies - what it asks, for the audit's table and `verifyPolicies`
 * @throws OpaError `OPA_BAD_OPTIONS` when a path isn't valid
 */
export function OpaDecides(...policies: string[]): ClassDecorator & MethodDecorator {
  for (const policy of policies) assertPolicyPath(policy, '@OpaDecides');
  return declare({ ...declarationWith([]), inCode: policies });
}

/**
 * Adds to the input of a handler's decisions, or of a whole class's: the function's result is merged over the top
 * level of the input built so far (its second argument). The class's function comes first.
 *
 * @param source - the function, or a provider with a method `build` that is one: see `OpaInputProvider`
 */
export function OpaInput(source: InputSource): ClassDecorator & MethodDecorator {
  return declareInput(source);
}

/** The decision that let the request in, as a parameter; `undefined` on a public route. */
export const OpaDecision: () => ParameterDecorator = createParamDecorator(
  (_: unknown, context: ExecutionContext): Decision | undefined => findRecordForParameter(context)?.allowed,
);
