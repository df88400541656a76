import type { ResultRules } from '../result-rules.js';
import { hasParameter, methodKey } from '../route-arguments.js';

// Nest's number of the parameter decorator @Ack(). Nest does not export it.
const ACK_PARAMETER = '13';

/** The results of WebSocket gateways: each value of an Observable is a message to the client. */
export const wsResults: ResultRules = {
  leaves: () => 'each',
  isReplyBody: false,
  globalInterceptorsRun: false,
  isEditable: (context) => {
    const gateway = context.getClass();
    const key = methodKey(gateway.prototype as object, context.getHandler());
    return key !== undefined && !acknowledgesItself(gateway, key);
  },
};

/** Tells whether a method sends its response itself, by `@Ack()`. */
export function acknowledgesItself(gateway: object, key: string): boolean {
  return hasParameter(gateway, key, ACK_PARAMETER);
}
