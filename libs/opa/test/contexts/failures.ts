import { OpaError } from 'nestjs-opa';

/** A detail of a failure that no client may see. */
export const DETAIL = 's3cret-address';
/** The error of a late decision, and its log line. */
export const TIMEOUT = new OpaError('OPA_TIMEOUT', DETAIL);
export const TIMEOUT_LOG = `[OpaEnforcement] OPA_TIMEOUT: ${DETAIL}`;

/** An allow with an obligation that no handler carries out, and its log line. */
export const UNKNOWN = { allow: true, obligations: [{ type: 'notarize' }] };
export const failedLog = (type: string, policy: string): string =>
  `[OpaObligations] The obligation "${type}" of the policy "${policy}" failed`;
