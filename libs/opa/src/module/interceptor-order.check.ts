import type { OnModuleInit } from '@nestjs/common';
import { Logger } from '@nestjs/common';
import { OpaError } from '../contracts/index.js';
import { declarationWithin } from '../decorators/index.js';
import { editsResults, interceptorsOf, isCache, outsideOf } from '../enforcement/index.js';
import { reachesGateways } from './audit/coverage.js';
import type { Handler, HandlerSources } from './audit/handlers.js';
import { handlersOf } from './audit/handlers.js';
import type { OpaModuleOptions } from './options.js';

const GUIDE = 'see docs/interceptor-order.md';

/**
 * Looks at the interceptors of each handler with a response policy: a cache outside OpaInterceptor stops the start, and
 * what else may change a result after the decision is told of.
 */
export class InterceptorOrderCheck implements OnModuleInit {
  private readonly logger = new Logger('OpaAudit');

  constructor(
    private readonly sources: HandlerSources,
    private readonly options: Pick<OpaModuleOptions, 'audit' | 'publicKeys'>,
    private readonly instance: string | undefined,
  ) {}

  /** @throws OpaError `OPA_BAD_OPTIONS` that names the handler and its cache */
  onModuleInit(): void {
    const findings = this.decidedHandlers().map((handler) => {
      const outside = this.outsideOf(handler);
      const name = `${handler.controller.name}.${handler.method.name}`;
      if (outside?.some(isCache) === true) throw cached(name);
      return {
        name,
        outside: outside?.map(({ name: of = '' }) => (of === '' ? 'one of request scope' : of)),
      };
    });
    if (this.options.audit === false) return;
    const unasked = findings.filter(({ outside }) => outside === undefined).map(({ name }) => name);
    const crossed = findings
      .filter(({ outside = [] }) => outside.length > 0)
      .map(({ name, outside = [] }) => `${name} (${outside.join(', ')})`);
    if (unasked.length > 0) {
      this.logger.warn(
        `No OpaInterceptor surely runs around ${unique(unasked)}: their response policies are not asked. ` +
          `Set option interceptor: 'global', or add @UseInterceptors(OpaInterceptor): ${GUIDE}.`,
      );
    }
    if (crossed.length > 0) {
      this.logger.warn(
        `Interceptors run outside OpaInterceptor and may change what leaves after the decision: ${unique(crossed)}. ` +
          `Set option interceptor: 'global', or name OpaInterceptor first: ${GUIDE}.`,
      );
    }
  }

  private decidedHandlers(): Handler[] {
    return handlersOf(this.sources).filter(({ method, controller }) => {
      const declaration = declarationWithin(method, controller, this.options.publicKeys ?? []);
      return declaration?.response !== undefined && declaration.instance === this.instance;
    });
  }

  private outsideOf({ kind, controller, method }: Handler): ReturnType<typeof outsideOf> {
    const { config, host } = this.sources;
    const own = interceptorsOf(controller, method);
    const isConnected = ['rpc', 'grpc', 'mcp'].includes(kind) && host?.httpAdapter !== undefined;
    const isReached = !isConnected && (kind !== 'ws' || reachesGateways(config));
    if (!isReached && !own.some(editsResults)) return undefined;
    return outsideOf(interceptorsOf(controller, method, config));
  }
}

function cached(handler: string): OpaError {
  return new OpaError(
    'OPA_BAD_OPTIONS',
    `OpaModule: around ${handler} a CacheInterceptor runs outside OpaInterceptor. It would give one user's answer to ` +
      `another without asking the response policy. Set option interceptor: 'global', or name OpaInterceptor first: ${GUIDE}.`,
  );
}

const unique = (names: readonly string[]): string => [...new Set(names)].join(', ');
