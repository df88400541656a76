import { WrongAnswer } from './load.mjs';
import { question } from './question.mjs';

/**
 * @typedef {{ ask: (input: object) => boolean | Promise<boolean>, close: () => Promise<unknown> }} Client
 * @typedef {(url: string, wasm?: string) => Promise<Client>} Open
 */

/** How many sockets each client that can be told so may open: the module's own default. */
export const MAX_SOCKETS = 100;

/** The client that the others are compared with. */
export const BASE = 'plain http';

/**
 * The clients by name. Each is imported only in the worker that measures it, so that none pays for another.
 *
 * @type {Record<string, () => Promise<Open>>}
 */
export const clients = {
  [BASE]: async () => (await import('../clients/http.mjs')).openHttp,
  'nestjs-opa': async () => (await import('../clients/module.mjs')).openModule,
  'nestjs-opa, 1 interceptor': async () => (await import('../clients/module.mjs')).openModuleIntercepted,
  'undici request': async () => (await import('../clients/undici.mjs')).openUndici,
  'axios, keep-alive': async () => (await import('../clients/axios.mjs')).openAxios,
  'axios as it comes': async () => (await import('../clients/axios.mjs')).openAxiosAsItComes,
  '@open-policy-agent/opa': async () => (await import('../clients/sdk.mjs')).openSdk,
  'opa-wasm': async () => (await import('../clients/wasm.mjs')).openWasm,
  'plain http behind lru-cache': async () => (await import('../clients/cached.mjs')).openCached,
};

/**
 * Puts numbered questions to a client.
 *
 * @param {Pick<Client, 'ask'>} client
 * @returns {import('./load.mjs').Ask}
 */
export function askerOf(client) {
  return async (n) => {
    const { input, expected } = question(n);
    const allowed = await client.ask(input);
    if (allowed !== expected) throw new WrongAnswer(n, allowed, expected);
  };
}
