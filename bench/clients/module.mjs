import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { OpaHttpService, OpaModule, OpaService } from 'nestjs-opa';
import { POLICY } from '../lib/question.mjs';

/**
 * The module's own client, out of a Nest context.
 *
 * @type {import('../lib/clients.mjs').Open}
 */
export async function openModule(url) {
  const { ask, close } = await openContext(url);
  return { ask, close };
}

/**
 * The same with one axios interceptor registered, which takes decisions through axios.
 *
 * @type {import('../lib/clients.mjs').Open}
 */
export async function openModuleIntercepted(url) {
  const { app, ask, close } = await openContext(url);
  app.get(OpaHttpService).axiosRef.interceptors.request.use((config) => config);
  return { ask, close };
}

async function openContext(url) {
  class App {}
  const root = { module: App, imports: [OpaModule.forRoot({ url, policy: POLICY })] };
  const app = await NestFactory.createApplicationContext(root, { logger: ['error'] });
  Logger.overrideLogger(['error']);
  const opa = app.get(OpaService);
  return {
    app,
    ask: async (input) => (await opa.decide({ input })).allowed,
    close: () => app.close(),
  };
}
