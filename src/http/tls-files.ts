import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Server } from 'node:https';
import { createSecureContext } from 'node:tls';
import { Logger } from '@nestjs/common';
import { messageOf } from 'nestjs-opa/internal';
import { ConfigError } from '../config/index.js';

/** How often the gateway looks for a new certificate, in milliseconds. */
const CHECK_MS = 1_000;

/** The paths of a certificate and of its private key, as PEM files. */
export interface TlsPaths {
  /** The server's certificate, followed by the certificates of intermediate issuers. */
  readonly cert: string;
  readonly key: string;
}

/** The content of {@link TlsPaths}. */
export interface TlsMaterial {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/**
 * Reads a certificate and its private key.
 *
 * @throws ConfigError when a file can't be read, is not PEM, or the key belongs to another certificate
 */
export async function readTls({ cert, key }: TlsPaths): Promise<TlsMaterial> {
  const material = { cert: await read('cert', cert), key: await read('key', key) };
  try {
    createSecureContext(material);
  } catch (cause) {
    const reason = messageOf(cause);
    throw new ConfigError(`listen.tls: ${cert} and ${key} are not a certificate and its key: ${reason}`, {
      cause,
    });
  }
  return material;
}

async function read(option: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new ConfigError(`listen.tls.${option}: ${file} can't be read (${code})`, { cause });
  }
}

/**
 * Watches the files of a server's certificate. New connections use a new certificate; open connections go on. When the
 * new files can't be used, the gateway logs the reason and keeps the old certificate.
 *
 * @remarks The watch compares the files' times. Events of the file system miss the symbolic links that Kubernetes
 * exchanges.
 */
export function watchTls(server: Server, paths: TlsPaths): void {
  const logger = new Logger('Gateway');
  const reload = async (): Promise<void> => {
    try {
      server.setSecureContext(await readTls(paths));
      logger.log(`Uses the new certificate of ${paths.cert}`);
    } catch (error) {
      logger.error(`Keeps the old certificate: ${messageOf(error)}`);
    }
  };
  const listener = (): void => void reload();
  const files = Object.values(paths) as string[];
  for (const file of files) watchFile(file, { interval: CHECK_MS, persistent: false }, listener);
  server.once('close', () => {
    for (const file of files) unwatchFile(file, listener);
  });
}
