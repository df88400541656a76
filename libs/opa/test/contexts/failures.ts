import { OpaError } from 'nestjs-opa';

/** A detail of a failure that no client may see. */
export const DETAIL = 's3cret-address';
/** A decision that comes too late, and what is logged about it. */
export const TIMEOUT = new OpaError('OPA_TIMEOUT', DETAIL);
export const TIMEOUT_LOG = `[OpaEnforcement] OPA_TIMEOUT: ${DETAIL}`;

/** An allow with an obligation that no handler carries out, and what is logged about it. */
export const UNKNOWN = { allow: true, obligations: [{ type: 'notarize' }] };
export const failedLog = (type: string, policy: string): string =>
  `[OpaObligations] The obligation "${type}" of the policy "${policy}" failed`;
