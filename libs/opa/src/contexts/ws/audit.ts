import type { ContextAudit } from '../audit.js';
import { nestMetadata } from '../nest-metadata.js';
import { acknowledgesItself } from './results.js';

// Metadata keys of @nestjs/websockets, an optional peer.
const IS_MESSAGE = 'websockets:message_mapping';
const IS_GATEWAY = 'websockets:is_gateway';
const MESSAGE = 'message';

/** The audit of WebSocket gateways. */
export const wsAudit: ContextAudit = {
  routes: ({ controller, method, isMadeByNest }) =>
    isMadeByNest && isMessage(method) && nestMetadata(IS_GATEWAY, controller) === true
      ? [String(nestMetadata(MESSAGE, method))]
      : [],
  // Since version 12, Nest runs global guards around gateways, except those of request scope. Nest does not export its
  // version; `getGlobalPreRequestHooks` is new in version 12 too.
  globalReach: ({ config }) =>
    'getGlobalPreRequestHooks' in config
      ? { scopes: 'static' }
      : {
          scopes: 'none',
          why: 'does not run on WebSocket gateways before Nest 12: add @UseGuards(OpaGuard)',
        },
  neverEvaluated: ({ controller, key, method }, { hasResponse }) =>
    hasResponse && isMessage(method) && acknowledgesItself(controller, key)
      ? 'sends its response itself (@Ack()) and has a response policy, which would never see the result. ' +
        'Return the result, or remove the response policy.'
      : undefined,
};

const isMessage = (method: object): boolean => nestMetadata(IS_MESSAGE, method) === true;
