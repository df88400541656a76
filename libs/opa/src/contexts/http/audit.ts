import type { ContextAudit } from '../audit.js';
import { answersItself } from './results.js';
import { httpRoutes } from './routes.js';

/** The audit of HTTP handlers. An application without an HTTP adapter has no HTTP routes. */
export const httpAudit: ContextAudit = {
  routes: ({ controller, method, isController, modulePath }, { config, host }) =>
    isController && host?.httpAdapter !== undefined
      ? httpRoutes(controller, method, { config, modulePath })
      : [],
  globalReach: () => ({ scopes: 'every' }),
  neverEvaluated: ({ controller, key, isController }, { hasResponse }) =>
    isController && hasResponse && answersItself(controller, key)
      ? 'sends its response itself (@Res() without passthrough, or @Next()) and has a response policy, which would ' +
        'never see the result. Return the result (@Res({ passthrough: true }) may stay), or remove the response policy.'
      : undefined,
};
