import { Logger } from '@nestjs/common';
import { createRemoteJWKSet, customFetch, errors } from 'jose';
import type { FetchImplementation, JSONWebKeySet, JWTVerifyGetKey } from 'jose';
import { ConfigError } from '../config/index.js';
import { isDevelopmentKey, openKeyFile } from './key-file.js';

/** The gateway can't load the issuer's keys. The token may be valid or invalid. */
export class KeysUnavailableError extends Error {
  override readonly name = 'KeysUnavailableError';
}

/**
 * Opens the issuer's keys. The gateway reads a file again when it changes. It fetches a URL on demand, and again for an
 * unknown key.
 *
 * @param jwks - an absolute path, or an http(s) URL
 * @param production - whether to refuse the development key. A file with the development key stops the start. From the
 * key set of a URL, the gateway removes the development key
 * @returns a function that finds the key of a token. The function throws {@link KeysUnavailableError} when the gateway
 * can't fetch the URL
 * @throws ConfigError | OpaError when the file can't be used
 */
export function openKeySet(jwks: string, production: boolean): JWTVerifyGetKey {
  if (!/^https?:\/\//i.test(jwks)) return openKeyFile(jwks, production);
  if (!URL.canParse(jwks)) throw new ConfigError(`auth.jwks: ${jwks} is not a URL`);
  const remote = createRemoteJWKSet(new URL(jwks), production ? { [customFetch]: fetchOthers } : {});
  return async (header, token) => {
    try {
      return await remote(header, token);
    } catch (cause) {
      if (cause instanceof errors.JWKSNoMatchingKey || cause instanceof errors.JWKSMultipleMatchingKeys) {
        throw cause;
      }
      throw new KeysUnavailableError(`the gateway cannot fetch the keys from ${jwks}`, { cause });
    }
  };
}

/** Fetches a key set and removes the development key. */
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
