import { readFile } from 'node:fs/promises';
import { Logger } from '@nestjs/common';
import { createLocalJWKSet, createRemoteJWKSet, customFetch, errors } from 'jose';
import type { FetchImplementation, JSONWebKeySet, JWK, JWTVerifyGetKey } from 'jose';
import { ConfigError } from '../config/index.js';

/** How the `kid` of a key that `npm start` made begins; production refuses such a key. */
export const DEVELOPMENT_KID = 'development-';

/** The keys can't be had: nothing is known about the token. */
export class KeysUnavailableError extends Error {
  override readonly name = 'KeysUnavailableError';
}

/**
 * The issuer's keys, from a file (read once) or a URL (fetched when they are needed, and again for an unknown key).
 *
 * @param jwks - an absolute path, or an http(s) URL
 * @param production - refuse the development key: a file that holds it stops the start, of a URL's keys it is left out
 * @throws ConfigError when the file can't be used. The function itself throws {@link KeysUnavailableError} when
 * the URL can't be read.
 */
export async function openKeySet(jwks: string, production: boolean): Promise<JWTVerifyGetKey> {
  if (!/^https?:\/\//i.test(jwks)) return createLocalJWKSet(await readKeys(jwks, production));
  if (!URL.canParse(jwks)) throw new ConfigError(`auth.jwks: ${jwks} is not a URL`);
  const remote = createRemoteJWKSet(new URL(jwks), production ? { [customFetch]: fetchOthers } : {});
  return async (header, token) => {
    try {
      return await remote(header, token);
    } catch (cause) {
      if (cause instanceof errors.JWKSNoMatchingKey || cause instanceof errors.JWKSMultipleMatchingKeys) {
        throw cause;
      }
      throw new KeysUnavailableError(`the keys at ${jwks} can't be had`, { cause });
    }
  };
}

const isDevelopmentKey = ({ kid }: JWK): boolean =>
  typeof kid === 'string' && kid.startsWith(DEVELOPMENT_KID);

/** Fetches keys, and leaves the development key out. */
const fetchOthers: FetchImplementation = async (url, options) => {
  const response = await fetch(url, options);
  if (response.status !== 200) return response;
  const set = (await response.json()) as JSONWebKeySet;
  const keys = set.keys.filter((key) => !isDevelopmentKey(key));
  if (keys.length < set.keys.length) {
    new Logger('Auth').error(
      `auth.jwks: ${url} holds the development key, which NODE_ENV=production refuses`,
    );
  }
  return Response.json({ ...set, keys });
};

async function readKeys(file: string, production: boolean): Promise<JSONWebKeySet> {
  let keys: JSONWebKeySet;
  try {
    keys = JSON.parse(await readFile(file, 'utf8')) as JSONWebKeySet;
    createLocalJWKSet(keys);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'unknown error';
    throw new ConfigError(`auth.jwks: ${file} is not a readable JWKS file: ${reason}`, { cause });
  }
  if (production && keys.keys.some(isDevelopmentKey)) {
    throw new ConfigError(`auth.jwks: ${file} holds the development key, which NODE_ENV=production refuses`);
  }
  return keys;
}
