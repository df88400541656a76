import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KeyPair } from '../../../libs/opa/test/support/certificates.js';
import type { Cleanup } from './cleanup.js';

const TEMPLATE = join(import.meta.dirname, '../../../deploy/nginx/gateway.conf.template');

/** Starts nginx with the configuration of `deploy/nginx`, on a port that is free, in front of a gateway. */
export async function startNginx(
  cleanup: Cleanup,
  { port, gateway, tls }: { port: number; gateway: string; tls: KeyPair },
): Promise<void> {
  const folder = cleanup.add(await mkdtemp(join(tmpdir(), 'nginx-')), (path) =>
    rm(path, { recursive: true }),
  );
  await writeFile(join(folder, 'cert.pem'), tls.cert);
  await writeFile(join(folder, 'key.pem'), tls.key);
  const values: Readonly<Record<string, string>> = {
    GATEWAY: gateway,
    LISTEN: `127.0.0.1:${port}`,
    SERVER_NAME: 'localhost',
    TLS_FOLDER: folder,
  };
  const template = await readFile(TEMPLATE, 'utf8');
  // The image of nginx does the same with `envsubst`.
  const server = template.replace(/\$\{(\w+)\}/g, (_, name: string) => values[name] ?? '');
  await writeFile(
    join(folder, 'nginx.conf'),
    `daemon off; pid ${folder}/pid; error_log stderr warn; events {}
http {
  access_log off;
  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi; uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  ${server}
}`,
  );
  const nginx = spawn('nginx', ['-p', folder, '-e', 'stderr', '-c', join(folder, 'nginx.conf')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  nginx.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const exited = once(nginx, 'exit');
  cleanup.add(nginx, async () => {
    nginx.kill('SIGTERM');
    await exited;
  });
  while (!(await isListening(port))) {
    if (nginx.exitCode !== null) throw new Error(`nginx ended: ${errors}`);
    await sleep(20);
  }
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
