import { Logger } from '@nestjs/common';
import { policyPathHint } from '../contracts/index.js';

// Policies are few; the bound is for callers who build paths.
const MAX_POLICIES = 1_000;

/** Warns of policies that are undefined, once a path. */
export class UndefinedPolicies {
  private readonly logger = new Logger('OpaService');
  private readonly known = new Set<string>();

  warn(policy: string): void {
    if (this.known.has(policy) || this.known.size >= MAX_POLICIES) return;
    this.known.add(policy);
    this.logger.warn(
      `The policy "${policy}" is undefined, which is denied: either no such policy is loaded, or a rule without ` +
        `"default" did not hold for the input. Check the path, and give the rule a default.${policyPathHint(policy)}`,
    );
  }
}
