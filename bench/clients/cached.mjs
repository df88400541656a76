import { LRUCache } from 'lru-cache';
import { CACHE } from '../lib/question.mjs';
import { openHttp } from './http.mjs';

/**
 * Plain http with an lru-cache in front. The key of a cache entry is the input as JSON.
 *
 * @type {import('../lib/clients.mjs').Open}
 */
export async function openCached(url) {
  const { ask, close } = await openHttp(url);
  const cache = new LRUCache({ max: CACHE.max });
  return {
    ask: (input) => {
      const key = JSON.stringify(input);
      return cache.get(key) ?? askAndKeep(key, input);
    },
    close,
  };

  async function askAndKeep(key, input) {
    const allowed = (await ask(input)) === true;
    cache.set(key, allowed, { ttl: allowed ? CACHE.allowTtl : CACHE.denyTtl });
    return allowed;
  }
}
