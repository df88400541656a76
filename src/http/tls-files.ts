import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Server } from 'node:https';
import { createSecureContext } from 'node:tls';
import { Logger } from '@nestjs/common';
import { messageOf } from 'nestjs-opa/internal';
import { ConfigError } from '../config/index.js';

/** How often the gateway looks for a new certificate, in milliseconds. */
const CHECK_MS = 1_000;
/** How long a certificate and its key may not fit together before the gateway warns, in milliseconds. */
const ROTATION_MS = 5_000;

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
 * Watches the files of a server's certificate. New connections use a new certificate; open connections go on. While the
 * new files can't be used, the gateway keeps the old certificate. A rotation replaces the files one after another, so the
 * gateway reads both again after five seconds, and warns when it still can't use them.
 *
 * @remarks The watch compares the files' times. Events of the file system miss the symbolic links that Kubernetes
 * exchanges.
 */
export function watchTls(server: Server, paths: TlsPaths): void {
  const logger = new Logger('Gateway');
  let retry: NodeJS.Timeout | undefined;
  const reload = async (onFailure: (error: unknown) => void): Promise<void> => {
    try {
      server.setSecureContext(await readTls(paths));
      clearTimeout(retry);
      logger.log(`Uses the new certificate of ${paths.cert}`);
    } catch (error) {
      onFailure(error);
    }
  };
  const warn = (error: unknown): void => logger.warn(`Keeps the old certificate: ${messageOf(error)}`);
  const retryLater = (): void => {
    clearTimeout(retry);
    retry = setTimeout(() => void reload(warn), ROTATION_MS).unref();
  };
  const listener = (): void => void reload(retryLater);
  const files = Object.values(paths) as string[];
  for (const file of files) watchFile(file, { interval: CHECK_MS, persistent: false }, listener);
  server.once('close', () => {
    clearTimeout(retry);
    for (const file of files) unwatchFile(file, listener);
  });
}
