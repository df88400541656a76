import type { RequestOptions } from 'node:http';
import { request as httpRequest } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import type { INestApplication, Type } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { OpaModuleOptions } from 'nestjs-opa';
import { OpaModule } from 'nestjs-opa';

const adapters = { express: () => new ExpressAdapter(), fastify: () => new FastifyAdapter() };

/** The HTTP adapters of Nest. */
export const ADAPTERS = ['express', 'fastify'] as const;
export type Adapter = (typeof ADAPTERS)[number];

/** Makes an adapter with a new HTTP server. */
export const newAdapter = (adapter: Adapter): ExpressAdapter | FastifyAdapter => adapters[adapter]();

/** A request to an application. `target` is a path, or any other request target (RFC 9112, section 3.2). */
export interface TestRequest {
  readonly method?: string;
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A Nest application that listens on a free port. */
export interface TestApp {
  readonly app: INestApplication;
  /** Sends a request over a new connection, and returns the status of the response. */
  send(request: TestRequest): Promise<number>;
  close(): Promise<void>;
}

/** Starts an application with the module and some controllers. Default address: 127.0.0.1. */
export async function startApp(
  adapter: Adapter,
  controllers: Type[],
  options: OpaModuleOptions,
  host = '127.0.0.1',
): Promise<TestApp> {
  const module = await Test.createTestingModule({
    imports: [OpaModule.forRoot({ audit: false, ...options })],
    controllers,
  }).compile();
  const app = module.createNestApplication(newAdapter(adapter), { logger: false });
  await app.listen(0, host);
  const { port } = (app.getHttpServer() as Server).address() as AddressInfo;
  return { app, send: (request) => send(port, request), close: () => app.close() };
}

function send(port: number, { method = 'GET', target, headers = {}, body }: TestRequest): Promise<number> {
  const options: RequestOptions = { host: '127.0.0.1', port, method, path: target, headers, agent: false };
  return new Promise((resolve, reject) => {
    const request = httpRequest(options, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
      response.on('error', reject);
    });
    request.on('error', reject).end(body);
  });
}
