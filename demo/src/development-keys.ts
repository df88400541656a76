import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { SignJWT, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK } from 'jose';
import type { JWK } from 'jose';
import { ConfigError, DEVELOPMENT_KID, isProduction } from 'nestjs-opa-gateway';
import type { Environment } from 'nestjs-opa-gateway';
import { inProject } from './project.js';
import { variable } from './variable.js';

/** The issuer and the audience of development tokens. `gateway.yaml` has the same values. */
const ISSUER = 'https://development.invalid';
const AUDIENCE = 'gateway';
const ALGORITHM = 'ES256';

/** The folder of the development keys: `GATEWAY_DEV_DIR`, or `.dev` in the project. */
export const keyFolder = (env: Environment): string =>
  resolve(inProject('.'), variable(env, 'GATEWAY_DEV_DIR') ?? '.dev');

/**
 * Creates the development key pair, or reads the existing one. Only its owner can read `key.json`; the gateway reads
 * `jwks.json`.
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
 * @param claims - the claims of the token; `sub` is required
 * @param expires - the lifetime of the token, such as `1h`
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
  if (!key) throw new ConfigError(`there is no development key at ${file}. npm start creates one.`);
  return new SignJWT(claims)
    .setProtectedHeader({ alg: ALGORITHM, ...(key.kid !== undefined && { kid: key.kid }) })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setIssuedAt()
    .setExpirationTime(expires)
    .sign(await importJWK(key, ALGORITHM));
}

/** @throws ConfigError under `NODE_ENV=production`, because everyone who can read the folder can sign any token */
export function refuseInProduction(env: Environment): void {
  if (!isProduction(env)) return;
  throw new ConfigError(
    'NODE_ENV=production refuses the demo and its development key. Set GATEWAY_CONFIG to a file of your own.',
  );
}

async function readKey(file: string): Promise<JWK | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as JWK;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new ConfigError(
      `the development key ${file} cannot be read. Remove the file; the next start creates a new one.`,
      {
        cause,
      },
    );
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
