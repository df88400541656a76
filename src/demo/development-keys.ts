import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { SignJWT, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK } from 'jose';
import type { JWK } from 'jose';
import { DEVELOPMENT_KID } from '../auth/index.js';
import { ConfigError, isProduction, variable } from '../config/index.js';
import type { Environment } from '../config/index.js';
import { inProject } from './project.js';

/** Who gives development tokens, and for whom; `gateway.yaml` says the same. */
const ISSUER = 'https://development.invalid';
const AUDIENCE = 'gateway';
const ALGORITHM = 'ES256';

/** Where the development keys are kept: `GATEWAY_DEV_DIR`, or `.dev` in the project. */
export const keyFolder = (env: Environment): string =>
  resolve(inProject('.'), variable(env, 'GATEWAY_DEV_DIR') ?? '.dev');

/**
 * Makes the development key pair, or takes the one that is there: `key.json` (readable by its owner alone), and
 * `jwks.json`, which the gateway reads.
 */
export async function ensureDevelopmentKeys(env: Environment): Promise<void> {
  refuseInProduction(env);
  const folder = keyFolder(env);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = resolve(folder, 'key.json');
  const key = (await readKey(file)) ?? (await makeKey(file));
  const { kty, crv, x, y, kid } = key;
  const jwks = { keys: [{ kty, crv, x, y, kid, alg: ALGORITHM, use: 'sig' }] };
  await writeFile(resolve(folder, 'jwks.json'), `${JSON.stringify(jwks, null, 2)}\n`);
}

/**
 * Signs a development token.
 *
 * @param claims - its claims; `sub` is needed
 * @param expires - how long it is good for, such as `1h`
 * @throws ConfigError in production, and when there is no development key yet
 */
export async function developmentToken(
  claims: Readonly<Record<string, string>>,
  expires: string,
  env: Environment,
): Promise<string> {
  refuseInProduction(env);
  const file = resolve(keyFolder(env), 'key.json');
  const key = await readKey(file);
  if (!key) throw new ConfigError(`there is no development key at ${file}: npm start makes one`);
  return new SignJWT(claims)
    .setProtectedHeader({ alg: ALGORITHM, ...(key.kid !== undefined && { kid: key.kid }) })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setIssuedAt()
    .setExpirationTime(expires)
    .sign(await importJWK(key, ALGORITHM));
}

/** @throws ConfigError under `NODE_ENV=production`: whoever reads the folder could sign any token. */
export function refuseInProduction(env: Environment): void {
  if (!isProduction(env)) return;
  throw new ConfigError(
    'NODE_ENV=production refuses the demo and its development key: set GATEWAY_CONFIG to a file of your own',
  );
}

async function readKey(file: string): Promise<JWK | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as JWK;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new ConfigError(`the development key ${file} can't be read: remove it, and a new one is made`, {
      cause,
    });
  }
}

async function makeKey(file: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const key = await exportJWK(privateKey);
  key.kid = DEVELOPMENT_KID + (await calculateJwkThumbprint(key)).slice(0, 12);
  await writeFile(file, `${JSON.stringify(key, null, 2)}\n`, { mode: 0o600 });
  await chmod(file, 0o600);
  return key;
}
