import { Logger } from '@nestjs/common';
import { OncePerKey, policyPathHint } from '../contracts/index.js';

/** Logs a warning about an undefined policy, once for each path. */
export class UndefinedPolicies {
  private readonly logger = new Logger('OpaService');
  private readonly warnings = new OncePerKey();

  warn(policy: string): void {
    if (!this.warnings.isFirst(policy)) return;
    this.logger.warn(
      `The policy "${policy}" is undefined, which counts as a denial. Either OPA has no such policy, or a rule without ` +
        `"default" did not hold for the input. Check the path, and give the rule a default.${policyPathHint(policy)}`,
    );
  }
}
