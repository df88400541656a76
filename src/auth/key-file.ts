import { Logger } from '@nestjs/common';
import { createLocalJWKSet } from 'jose';
import type { JSONWebKeySet, JWK, JWTVerifyGetKey } from 'jose';
import { messageOf, openFile } from 'nestjs-opa/internal';
import { ConfigError } from '../config/index.js';

/** The prefix of the `kid` of keys that `npm start` creates. The gateway refuses such a key in production. */
export const DEVELOPMENT_KID = 'development-';

/** Whether `npm start` created a key. */
export const isDevelopmentKey = ({ kid }: JWK): boolean =>
  typeof kid === 'string' && kid.startsWith(DEVELOPMENT_KID);

/**
 * Opens a JWKS file. The gateway reads the file again when the file changes, at most once a second. When the new content
 * can't be used, the gateway keeps the former keys and warns.
 *
 * @param path - an absolute path
 * @param production - whether to refuse the development key
 * @throws ConfigError | OpaError when the file can't be used
 */
export function openKeyFile(path: string, production: boolean): JWTVerifyGetKey {
  const file = openFile(path, 'auth.jwks', 'Auth');
  let content = file.current;
  let keys = keysIn(content, path, production);
  return async (header, token) => {
    const latest = await file.read();
    if (latest !== content) {
      content = latest;
      try {
        keys = keysIn(content, path, production);
      } catch (error) {
        new Logger('Auth').warn(`${messageOf(error)}. The gateway keeps the former keys.`);
      }
    }
    return keys(header, token);
  };
}

function keysIn(content: Buffer, path: string, production: boolean): ReturnType<typeof createLocalJWKSet> {
  let set: JSONWebKeySet;
  let keys: ReturnType<typeof createLocalJWKSet>;
  try {
    set = JSON.parse(content.toString()) as JSONWebKeySet;
    keys = createLocalJWKSet(set);
  } catch (cause) {
    throw new ConfigError(`auth.jwks: ${path} is not a JWKS file: ${messageOf(cause)}`, { cause });
  }
  if (production && set.keys.some(isDevelopmentKey)) {
    throw new ConfigError(`auth.jwks: ${path} holds the development key, which NODE_ENV=production refuses`);
  }
  return keys;
}
