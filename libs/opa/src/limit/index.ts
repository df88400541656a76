/**
 * The obligation `limit`: policies limit the rate of requests by subject, tool or route.
 *
 * @packageDocumentation
 */
export { LimitObligation } from './limit-obligation.js';
export { LIMIT_OPTIONS } from './limit-options.js';
export type { LimitOptions, LimitRedis } from './limit-options.js';
