import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { OpaHttpService, OpaModule, OpaService } from 'nestjs-opa';
import { POLICY } from '../lib/question.mjs';

/**
 * The client of nestjs-opa, from a Nest application context.
 *
 * @type {import('../lib/clients.mjs').Open}
 */
export async function openModule(url) {
  const { ask, close } = await openContext(url);
  return { ask, close };
}

/**
 * The client of nestjs-opa with one axios interceptor, so that decisions go through axios.
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
