import { createHash } from 'node:crypto';
import type { JsonRpcId } from './json-rpc.js';

const MAX_KEY = 256;

/** Makes the key of an id within a scope. Clients and servers may send ids of any length, so a long key is hashed. */
export function boundedKey(scope: string, id: JsonRpcId): string {
  const key = `${scope}\n${JSON.stringify(id)}`;
  return key.length <= MAX_KEY ? key : createHash('sha256').update(key).digest('base64');
}
