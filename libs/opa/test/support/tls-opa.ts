import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import type { OpaServer } from 'nestjs-opa/testing';
import { startOpa } from 'nestjs-opa/testing';
import { tempFolder } from '../engines/support/temp.js';
import type { KeyPair } from './certificates.js';
import { eventually } from './eventually.js';

const rego = {
  'policy.rego': 'package a\nb if input.n >= 0',
  'authz.rego': `package system.authz
    default allow := false
    allow if input.identity == "CN=gateway"
    allow if input.path == ["health"]`,
};

/**
 * Starts a real OPA with TLS. `a/b` allows an input whose `n` is 0 or more.
 *
 * @param server - the certificate of OPA
 * @param clients - the authority of the client certificates. With it OPA serves only the client `gateway`, without it
 * OPA serves every client
 */
export async function startTlsOpa(server: KeyPair, clients?: KeyPair): Promise<OpaServer> {
  const folder = await tempFolder();
  const file = async (name: string, content: string): Promise<string> => {
    await writeFile(join(folder, name), content);
    return join(folder, name);
  };
  const port = await freePort();
  const mutual = async (ca: string): Promise<string[]> => [
    '--authentication=tls',
    '--authorization=basic',
    `--tls-ca-cert-file=${await file('clients.pem', ca)}`,
  ];
  const opa = await startOpa({
    rego,
    // The address of health checks, which send no certificate.
    address: `unix://${join(folder, 'opa.sock')}`,
    args: [
      `--addr=https://127.0.0.1:${port}`,
      `--tls-cert-file=${await file('cert.pem', server.cert)}`,
      `--tls-private-key-file=${await file('key.pem', server.key)}`,
      ...(clients === undefined ? [] : await mutual(clients.cert)),
    ],
  });
  await eventually(() => listens(port), true);
  return { ...opa, url: `https://127.0.0.1:${port}` };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  return port;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
