import { Injectable, Module, UnauthorizedException } from '@nestjs/common';
import type {
  CanActivate,
  DynamicModule,
  ExecutionContext,
  INestApplication,
  LoggerService,
} from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { AddressInfo, Server } from 'node:net';
import { OpaGuard, OpaModule } from 'nestjs-opa';
import { McpGatewayModule } from 'nestjs-opa-mcp';
import type { McpGatewayOptions } from 'nestjs-opa-mcp';
import { send } from '../../../../test/gateway/support/client.js';
import type { HttpResponse } from '../../../../test/gateway/support/client.js';

/** The platforms and body parsers of an ordinary application. */
export const SETUPS = [
  { platform: 'express', body: 'rawBody' },
  { platform: 'express', body: 'none' },
  { platform: 'fastify', body: 'rawBody' },
  { platform: 'fastify', body: 'none' },
] as const;
export type Setup = (typeof SETUPS)[number];

/** The application's own authentication: the header `x-user` names the caller, and `nobody` is refused. */
@Injectable()
class HeaderGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<{ headers: Record<string, string>; user?: object }>();
    const sub = request.headers['x-user'];
    if (sub === 'nobody') throw new UnauthorizedException();
    if (sub !== undefined) request.user = { sub };
    return true;
  }
}

/** What an application was started with, beside its platform. */
export interface Started {
  readonly app: INestApplication;
  readonly port: number;
  /** The lines that were logged as errors. */
  readonly errors: string[];
  post(body: unknown, options?: Sending): Promise<HttpResponse>;
}

interface Sending {
  readonly path?: string;
  readonly user?: string;
  readonly headers?: Record<string, string>;
}

/** Headers of a message of the older era. */
export const HEADERS = {
  'content-type': 'application/json',
  accept: 'application/json, text/event-stream',
};

/** Starts an ordinary application with guards of its own around the module. */
export function startApp(
  setup: AppSetup,
  opaUrl: string,
  options: McpGatewayOptions,
  prepare?: (app: INestApplication) => void,
): Promise<Started> {
  const guards = {
    module: class Guards {},
    providers: [
      { provide: APP_GUARD, useClass: HeaderGuard },
      { provide: APP_GUARD, useClass: OpaGuard },
    ],
  };
  return startModules(setup, [opaModule(opaUrl), McpGatewayModule.forRoot(options), guards], prepare);
}

/** The platform of an application, and what it does with bodies; `parsed` loses their bytes. */
export interface AppSetup {
  readonly platform: Setup['platform'];
  readonly body: Setup['body'] | 'parsed';
}

/** `OpaModule` with bounds that hold on a busy machine. */
export const opaModule = (url: string): DynamicModule =>
  OpaModule.forRoot({ url, timeout: 10_000, pool: { connectTimeout: 5_000 } });

/** Starts an application of these modules, without guards of its own. */
export async function startModules(
  { platform, body }: AppSetup,
  imports: DynamicModule[],
  prepare: (app: INestApplication) => void = () => undefined,
): Promise<Started> {
  @Module({ imports })
  class AppModule {}
  const errors: string[] = [];
  const ignore = (): void => undefined;
  const logger: LoggerService = {
    log: ignore,
    warn: ignore,
    error: (message: unknown) => void errors.push(String(message)),
  };
  const adapter = platform === 'express' ? new ExpressAdapter() : fastify(body === 'none');
  const parsing = { parsed: {}, rawBody: { rawBody: true }, none: { bodyParser: false } }[body];
  const app = await NestFactory.create(AppModule, adapter, { logger, abortOnError: false, ...parsing });
  prepare(app);
  await app.listen(0, '127.0.0.1');
  const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
  const post = (message: unknown, { path = '/mcp/up', user, headers }: Sending = {}): Promise<HttpResponse> =>
    send(port, {
      path,
      method: 'POST',
      headers: { ...HEADERS, ...(user !== undefined && { 'x-user': user }), ...headers },
      body: typeof message === 'string' ? message : JSON.stringify(message),
    });
  return { app, port, errors, post };
}

function fastify(withoutParser: boolean): FastifyAdapter {
  const adapter = new FastifyAdapter();
  if (withoutParser) {
    // Fastify has a JSON parser of its own.
    adapter.getInstance().removeAllContentTypeParsers();
    adapter.getInstance().addContentTypeParser('*', (_request, payload, done) => {
      done(null, payload);
    });
  }
  return adapter;
}
