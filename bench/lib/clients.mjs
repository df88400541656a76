import { WrongAnswer } from './load.mjs';
import { question } from './question.mjs';

/**
 * @typedef {{ ask: (input: object) => boolean | Promise<boolean>, close: () => Promise<unknown> }} Client
 * @typedef {(url: string, wasm?: string) => Promise<Client>} Open
 */

/** The baseline of the comparison. */
export const BASE = 'plain http';

/**
 * The clients by name. Only the worker that measures a client imports it, so that no client adds to the cost of another.
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
 * Sends numbered queries to a client.
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
