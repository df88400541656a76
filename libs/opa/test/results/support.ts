import type { INestApplication, NestInterceptor, Type } from '@nestjs/common';
import { Controller, Get, HttpCode, Res, UseInterceptors } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { OpaInterceptor, OpaModule, OpaPolicy } from 'nestjs-opa';
import type { TestAnswer } from 'nestjs-opa/testing';
import { TestEngine } from 'nestjs-opa/testing';
import type { Observable } from 'rxjs';
import { map } from 'rxjs';
import type { Adapter } from '../support/app.js';

/** The methods of a reply that both adapters have. */
export interface AnyReply {
  header(name: string, value: string): unknown;
  /** Only in Fastify. */
  serializer?(write: (payload: unknown) => string): unknown;
}

/** The application of a test of results. */
export interface ResultsSetup {
  readonly adapter: Adapter;
  /** The handler: returns the result, and may set headers of the reply. */
  readonly give: (reply: AnyReply) => unknown;
  /** The result of the response policy. Default: an allow. */
  readonly view?: TestAnswer;
  /** The interceptors of the handler, outermost first. Default: OpaInterceptor alone. */
  readonly interceptors?: readonly (Type<NestInterceptor> | NestInterceptor)[];
  /** Prepares the application before it listens. */
  readonly prepare?: (app: NestExpressApplication & NestFastifyApplication) => Promise<void> | void;
  /** Decorates the handler. */
  readonly decorate?: readonly MethodDecorator[];
}

/** A running application, with one handler at `/`. */
export interface RunningResults {
  readonly app: INestApplication;
  readonly engine: TestEngine;
  /** The response in the last input of the response policy. */
  lastResponse(): { readonly body: unknown; readonly encoding?: string };
  fetch(init?: RequestInit): Promise<Response>;
  close(): Promise<void>;
}

/** An allow with obligations that mask or remove paths. */
export const masking = (...paths: string[]): object => ({
  allow: true,
  obligations: [{ type: 'mask', properties: { paths } }],
});

/** An allow with an obligation that removes paths. */
export const removing = (...paths: string[]): object => ({
  allow: true,
  obligations: [{ type: 'remove', properties: { paths } }],
});

/** An interceptor that stores every result that passes it. */
export class Witness implements NestInterceptor {
  readonly passed: unknown[] = [];

  intercept(_context: unknown, next: { handle(): Observable<unknown> }): Observable<unknown> {
    return next.handle().pipe(
      map((result) => {
        this.passed.push(result);
        return result;
      }),
    );
  }
}

const adapters = { express: () => new ExpressAdapter(), fastify: () => new FastifyAdapter() };

/** Starts an application whose one handler has the response policy `view`. */
export async function startResults(setup: ResultsSetup): Promise<RunningResults> {
  const { adapter, give, view = true, interceptors = [OpaInterceptor], prepare, decorate = [] } = setup;
  const engine = new TestEngine({ open: true, view });
  // A response policy needs an interceptor.
  const policies = interceptors.length === 0 ? {} : { response: 'view' };

  @Controller()
  @UseInterceptors(...interceptors)
  class Results {
    @Get() @HttpCode(200) @OpaPolicy('open', policies) get(@Res({ passthrough: true }) reply: AnyReply) {
      return give(reply);
    }
  }
  const descriptor = Object.getOwnPropertyDescriptor(Results.prototype, 'get');
  if (descriptor !== undefined)
    for (const decorator of decorate) decorator(Results.prototype, 'get', descriptor);
  const module = await Test.createTestingModule({
    imports: [OpaModule.forRoot({ engine, audit: false })],
    controllers: [Results],
  }).compile();
  const app = module.createNestApplication<NestExpressApplication & NestFastifyApplication>(
    adapters[adapter](),
    { logger: false },
  );
  await prepare?.(app);
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  return {
    app,
    engine,
    lastResponse: () => (engine.questions.at(-1)?.input as { response: { body: unknown } }).response,
    fetch: (init) => fetch(url, init),
    close: () => app.close(),
  };
}
