/**
 * @typedef {{ guard: string, url: string, bundle?: string, wasm?: string, timeout?: number }} Task - `timeout` is for
 *   the module's decisions, in milliseconds
 * @typedef {object} Guarded - what a guarded app is made of; nothing for an unguarded one
 * @property {object[]} [imports] - Nest modules
 * @property {object} [guard] - a guard, or its class
 * @property {(app: object) => import('./clients.mjs').Client['ask']} [askOf] - sends the query that the guard sends
 * @property {(app: object) => Promise<boolean>} [caches] - tells whether decisions come out of the module's cache
 * @typedef {(task: Task) => Promise<Guarded>} Make
 */

const module = (name) => async () => (await import('../guards/module.mjs'))[name];
const byHand = (client) => async () => (await import('../guards/by-hand.mjs')).byHand(client);

/**
 * The guards by name, each imported only in the worker that measures it.
 *
 * @type {Record<string, () => Promise<Make>>}
 */
export const guards = {
  'no guard': async () => async () => ({}),
  'by hand, plain http': async () => (await import('../guards/by-hand.mjs')).boundedByHand,
  'nestjs-opa': module('remote'),
  'by hand, undici': byHand('undici request'),
  'by hand, axios': byHand('axios as it comes'),
  'by hand, @open-policy-agent/opa': byHand('@open-policy-agent/opa'),
  'by hand, opa-wasm': byHand('opa-wasm'),
  'nestjs-opa, bundle': module('embedded'),
  'by hand, lru-cache': byHand('plain http behind lru-cache'),
  'nestjs-opa, cache': module('cached'),
};
