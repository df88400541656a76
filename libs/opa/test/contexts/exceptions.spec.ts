import { afterEach, describe, expect, it } from '@jest/globals';
import { NotFoundException } from '@nestjs/common';
import type { OpaModuleOptions } from 'nestjs-opa';
import { OpaModule } from 'nestjs-opa';
import { TestEngine } from 'nestjs-opa/testing';
import type { HandlerName, RunningContext } from './driver.js';
import { apollo, mercurius } from './drivers/graphql.js';
import { grpc } from './drivers/grpc.js';
import { express, fastify } from './drivers/http.js';
import { tcp } from './drivers/rpc.js';
import { socketIo, ws } from './drivers/ws.js';

const MODES: [string, OpaModuleOptions][] = [
  ['enforcing', {}],
  ['permissive', { mode: 'permissive' }],
  ['failing open', { onUnavailable: 'allow' }],
];

describe.each([express, fastify, tcp, grpc, apollo, mercurius, ws, socketIo])(
  'an exception while the input is built, on a context: $name',
  (driver) => {
    let running: RunningContext;
    afterEach(() => running.close());

    it.each(MODES)('reaches the client as an exception of a guard does: %s', async (_name, options) => {
      const engine = new TestEngine({ 'orders/read': true, 'orders/shadow': true });
      const subject = (): never => {
        throw new NotFoundException('no such order');
      };
      const all = { ...options, engine, input: { subject } };
      const called: HandlerName[] = [];
      running = await driver.start(OpaModule.forRoot(all), (name) => called.push(name), all);
      // Nest tells no client but those of HTTP and GraphQL what an HttpException says.
      const isTold = driver.column === 'http' || driver.column === 'graphql';
      for (const name of ['read', 'shadow'] as const) {
        const result = await running.call(name, '7');
        expect(result).toMatchObject({
          error: {
            message: isTold ? 'no such order' : 'Internal server error',
            ...(driver.column === 'http' && { code: 404 }),
          },
        });
      }
      expect([called, engine.questions]).toEqual([[], []]);
    });
  },
);
