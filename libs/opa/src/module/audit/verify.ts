import { Logger } from '@nestjs/common';
import { messageOf, OpaError, policyPathHint } from '../../contracts/index.js';
import type { OpaRuntime } from '../runtime.js';

/**
 * Asks the engine whether it has each policy. A misspelt path is then an error at start-up, not a denial later.
 *
 * @param how - `true`: a missing policy stops the start. `'warn'`: a missing policy is logged as a warning. When the
 * engine can't verify a policy, the function always logs a warning
 * @throws OpaError `OPA_BAD_OPTIONS` with the names of the missing policies
 */
export async function verifyPolicies(
  { stack, settings }: Pick<OpaRuntime, 'settings' | 'stack'>,
  policies: readonly string[],
  how: true | 'warn',
): Promise<void> {
  const logger = new Logger('OpaAudit');
  const deadline = performance.now() + settings.timeout;
  const missing: string[] = [];
  for (const policy of policies) {
    try {
      const isDefined = await stack.engine.defines?.(policy, { deadline });
      if (isDefined === false) missing.push(policy);
      if (isDefined === undefined)
        logger.warn(`The engine can't tell whether the policy "${policy}" exists.`);
    } catch (error) {
      logger.warn(`The policy "${policy}" can't be verified: ${messageOf(error)}`);
    }
  }
  if (missing.length === 0) return;
  const message = `verifyPolicies: no rule exists for ${missing.map((policy) => `"${policy}"`).join(', ')}. Check that each path is the package and the rule's name, and that the policy is loaded (or is in the bundle).${missing.map(policyPathHint).join('')}`;
  if (how === true) throw new OpaError('OPA_BAD_OPTIONS', `OpaModule: ${message}`);
  logger.warn(message);
}
