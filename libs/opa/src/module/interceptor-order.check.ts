import type { OnModuleInit } from '@nestjs/common';
import { Logger } from '@nestjs/common';
import { CONTEXTS } from '../contexts/index.js';
import { guidePage, OpaError } from '../contracts/index.js';
import { declarationWithin } from '../decorators/index.js';
import {
  editsResults,
  globalInterceptors,
  interceptorsOf,
  isCache,
  mayCache,
  outsideOf,
} from '../enforcement/index.js';
import type { Handler, HandlerSources } from './audit/handlers.js';
import { handlersOf } from './audit/handlers.js';
import type { OpaModuleOptions } from './options.js';

const GUIDE = `see ${guidePage('interceptor-order')}`;

/**
 * Checks the interceptors of each handler with a response policy. The check stops the start when:
 *
 * - OpaInterceptor is not certain to run around the handler,
 * - a cache runs outside OpaInterceptor,
 * - a cache may answer for a handler that asks OPA in its own code (`@OpaDecides`).
 *
 * A warning names other interceptors that may change a result after the decision.
 */
export class InterceptorOrderCheck implements OnModuleInit {
  private readonly logger = new Logger('OpaAudit');

  constructor(
    private readonly sources: HandlerSources,
    private readonly options: Pick<OpaModuleOptions, 'audit' | 'publicKeys'>,
    private readonly instance: string | undefined,
  ) {}

  /** @throws OpaError `OPA_BAD_OPTIONS` with the name of the handler and the reason */
  onModuleInit(): void {
    this.checkDecidingHandlers();
    const findings = this.decidedHandlers().map((handler) => {
      const { controller, method } = handler;
      const name = `${controller.name}.${method.name}`;
      if (!this.isDecided(handler)) throw notDecided(name, handler.kind);
      const outside = outsideOf(interceptorsOf(controller, method, this.sources.config)) ?? [];
      if (outside.some(isCache)) throw cached(name);
      return { name, outside: outside.map((type) => nameOf(type)) };
    });
    const crossed = findings
      .filter(({ outside }) => outside.length > 0)
      .map(({ name, outside }) => `${name} (${outside.join(', ')})`);
    if (this.options.audit === false || crossed.length === 0) return;
    this.logger.warn(
      `Interceptors run outside OpaInterceptor and may change the response after the decision: ${unique(crossed)}. ` +
        `Set option interceptor: 'global', or name OpaInterceptor first: ${GUIDE}.`,
    );
  }

  // `@OpaDecides` names no instance. The check of every instance therefore includes all handlers with `@OpaDecides`.
  private checkDecidingHandlers(): void {
    for (const { controller, method } of handlersOf(this.sources, 'interceptors')) {
      if (declarationWithin(method, controller, this.options.publicKeys ?? [])?.inCode === undefined)
        continue;
      const interceptors = interceptorsOf(controller, method, this.sources.config);
      if (interceptors.some((type) => mayCache(type, method)))
        throw answeredByCache(`${controller.name}.${method.name}`);
    }
  }

  private decidedHandlers(): Handler[] {
    return handlersOf(this.sources, 'interceptors').filter(({ method, controller }) => {
      const declaration = declarationWithin(method, controller, this.options.publicKeys ?? []);
      return declaration?.response !== undefined && declaration.instance === this.instance;
    });
  }

  /** Tells whether Nest always runs an OpaInterceptor around a handler. */
  private isDecided({ kind, controller, method }: Handler): boolean {
    if (interceptorsOf(controller, method).some(editsResults)) return true;
    const { scopes } = CONTEXTS[kind].audit.globalReach(this.sources);
    return scopes !== 'none' && globalInterceptors(this.sources.config, scopes).some(editsResults);
  }
}

function notDecided(handler: string, kind: Handler['kind']): OpaError {
  const fix = CONTEXTS[kind].results.globalInterceptorsRun
    ? "Set option interceptor: 'global' of the unnamed OpaModule, or add"
    : 'Add';
  return new OpaError(
    'OPA_BAD_OPTIONS',
    `OpaModule: ${handler} has a response policy, but OpaInterceptor may not run around it, so OPA might ` +
      `never evaluate the policy. ${fix} @UseInterceptors(OpaInterceptor) to the handler or its class: ${GUIDE}.`,
  );
}

function cached(handler: string): OpaError {
  return new OpaError(
    'OPA_BAD_OPTIONS',
    `OpaModule: around ${handler} a CacheInterceptor runs outside OpaInterceptor. It would give one user's answer to ` +
      `another without an evaluation of the response policy. Set option interceptor: 'global', or name OpaInterceptor first: ${GUIDE}.`,
  );
}

function answeredByCache(handler: string): OpaError {
  return new OpaError(
    'OPA_BAD_OPTIONS',
    `OpaModule: ${handler} asks OPA in its own code (@OpaDecides), and a CacheInterceptor runs around it. The cache would ` +
      `give one user's answer to another without running the handler. Use @OpaPolicy with @OpaInput instead, or take ` +
      `CacheInterceptor off this handler and use the cache in a service: ${GUIDE}.`,
  );
}

const nameOf = ({ name = '' }: { readonly name?: string }): string =>
  name === '' ? 'an interceptor of request scope' : name;

const unique = (names: readonly string[]): string => [...new Set(names)].join(', ');
