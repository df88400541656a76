import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT, exportJWK, exportSPKI, generateKeyPair } from 'jose';
import type { CryptoKey } from 'jose';

export const ISSUER = 'https://issuer.example';
export const AUDIENCE = 'gateway';

/** An issuer of tokens, its public key in a JWKS file. */
export interface Issuer {
  readonly jwksFile: string;
  readonly jwks: object;
  readonly publicPem: string;
  /** Signs claims; `iss`, `aud` and `exp` are right unless given. */
  sign(claims: Record<string, unknown>, key?: CryptoKey): Promise<string>;
  remove(): Promise<void>;
}

export async function startIssuer(): Promise<Issuer> {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'test', alg: 'RS256', use: 'sig' }] };
  const folder = await mkdtemp(join(tmpdir(), 'issuer-'));
  const jwksFile = join(folder, 'jwks.json');
  await writeFile(jwksFile, JSON.stringify(jwks));
  return {
    jwksFile,
    jwks,
    publicPem: await exportSPKI(publicKey),
    sign: (claims, key = privateKey) => {
      const exp = Math.floor(Date.now() / 1000) + 3600;
      return new SignJWT({ iss: ISSUER, aud: AUDIENCE, exp, ...claims })
        .setProtectedHeader({ alg: 'RS256', kid: 'test' })
        .sign(key);
    },
    remove: () => rm(folder, { recursive: true }),
  };
}
