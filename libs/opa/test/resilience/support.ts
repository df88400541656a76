import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { jest } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { OpaModuleOptions, OpaService } from 'nestjs-opa';
import { getOpaToken, OpaModule } from 'nestjs-opa';
import type { TestServer } from '../support.js';
import { httpServer } from '../support.js';

const open: { close(): Promise<void> }[] = [];

/** Closes every resource that the test opened. Call it in `afterEach`. */
export async function cleanUp(): Promise<void> {
  jest.useRealTimers();
  for (const resource of open.splice(0).reverse()) await resource.close();
}

/** Closes the resource after the test, and returns it. */
export function closing<T extends { close(): Promise<void> }>(resource: T): T {
  open.push(resource);
  return resource;
}

/** Starts an application with the module and returns its OpaService. Its default timeout suits a busy machine. */
export async function start(options: OpaModuleOptions & { name?: string }): Promise<OpaService> {
  const module = {
    module: class App {},
    imports: [OpaModule.forRoot({ policy: 'a/b', timeout: 10_000, ...options })],
  };
  const app: INestApplicationContext = await NestFactory.createApplicationContext(module, {
    logger: false,
    abortOnError: false,
  });
  return closing(app).get<OpaService>(getOpaToken(options.name));
}

/** How the fake OPA responds to one request: a document, a status (with headers), a reset, or a listener. */
export type Step =
  RequestListener | { result: unknown } | number | [number, Record<string, string>] | 'reset';

/** The step of a healthy OPA that allows. */
export const healthy: Step = { result: true };

/** A fake OPA that runs through the steps and then repeats the last one. */
export async function scripted(...steps: Step[]): Promise<TestServer & { queries: () => number }> {
  let queries = 0;
  const server = await httpServer((request, response) => {
    const step =
      request.url?.startsWith('/health') === true ? undefined : steps[Math.min(queries++, steps.length - 1)];
    request.resume().on('end', () => respond(step, request, response));
  });
  return closing({ ...server, queries: () => queries });
}

function respond(step: Step | undefined, request: IncomingMessage, response: ServerResponse): void {
  if (step === undefined) response.writeHead(200).end('{}');
  else if (typeof step === 'function') step(request, response);
  else if (step === 'reset') request.socket.resetAndDestroy();
  else if (typeof step === 'number') response.writeHead(step).end('{}');
  else if (Array.isArray(step)) response.writeHead(step[0], step[1]).end('{}');
  else response.setHeader('content-type', 'application/json').end(JSON.stringify(step));
}

/** Lets the test set the time of Date and performance. Sockets and timers use the real time. */
export function fakeClock(): { pass(ms: number): void } {
  jest.useFakeTimers({
    doNotFake: [
      'hrtime',
      'nextTick',
      'queueMicrotask',
      'setImmediate',
      'clearImmediate',
      'setInterval',
      'clearInterval',
      'setTimeout',
      'clearTimeout',
    ],
  });
  return { pass: (ms) => jest.advanceTimersByTime(ms) };
}

/** A step whose response waits for `open()`; `reached` resolves when a query arrives. */
export function gate(
  status = 200,
  result: unknown = true,
): { step: Step; open: () => void; reached: Promise<void> } {
  let reach = (): void => undefined;
  let release = (): void => undefined;
  const reached = new Promise<void>((resolve) => (reach = resolve));
  const released = new Promise<void>((resolve) => (release = resolve));
  return {
    reached,
    open: () => release(),
    step: (_request, response) => {
      reach();
      void released.then(() => response.writeHead(status).end(JSON.stringify({ result })));
    },
  };
}
