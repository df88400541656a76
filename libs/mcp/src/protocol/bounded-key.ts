import { createHash } from 'node:crypto';
import type { JsonRpcId } from './json-rpc.js';

const MAX_KEY = 256;

/** The key of an id within a scope. Ids are as long as client and server like, the key of a long one is its hash. */
export function boundedKey(scope: string, id: JsonRpcId): string {
  const key = `${scope}\n${JSON.stringify(id)}`;
  return key.length <= MAX_KEY ? key : createHash('sha256').update(key).digest('base64');
}
