import type { Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { openAuthentication } from './auth/index.js';
import { ConfigError, isProduction, loadConfig } from './config/index.js';
import type { Environment, GatewayConfig } from './config/index.js';
import { GatewayModule } from './gateway.module.js';
import { createAdapter, readTls, watchTls } from './http/index.js';
import { loadPlugins } from 'nestjs-opa-mcp/internal';

/** The address of a started gateway. */
export interface GatewayAddress {
  /** The port. With port 0 in the configuration, the operating system chooses the port. */
  readonly port: number;
  /** The URL of the gateway, such as `http://127.0.0.1:3000`. With `listen.tls` it begins with `https`. */
  readonly url: string;
}

/**
 * Starts the gateway. On SIGTERM and SIGINT the gateway stops, and the process exits with code 0.
 *
 * @param file - the path of the gateway's YAML file
 * @param env - environment variables: `${NAME}` in the file, `HOST`, `PORT`, `OPA_URL`, `NODE_ENV` and
 * `GATEWAY_SESSION_KEY`. Default: those of the process
 * @throws ConfigError | OpaError when the configuration is wrong or the address is not available
 * @example
 * ```ts
 * import { startFailure, startGateway } from 'nestjs-opa-gateway';
 *
 * try {
 *   const { url } = await startGateway('gateway.yaml');
 *   console.log(`The gateway listens on ${url}`);
 * } catch (error) {
 *   console.error(startFailure(error));
 *   process.exitCode = 1;
 * }
 * ```
 */
export async function startGateway(file: string, env: Environment = process.env): Promise<GatewayAddress> {
  const config = await loadConfig(file, env);
  const authentication = openAuthentication(config.auth, isProduction(env));
  const { tls } = config.listen;
  const material = tls && (await readTls(tls));
  const plugins = await loadPlugins(config.mcp, config.opa);
  const app = await NestFactory.create<NestFastifyApplication>(
    GatewayModule.forConfig(config, authentication, plugins, env),
    createAdapter(config.listen, material),
    // Nest buffers its log until the gateway listens. After a failed start only the line of startFailure appears.
    { bodyParser: false, abortOnError: false, bufferLogs: true, autoFlushLogs: false },
  );
  app.enableShutdownHooks(['SIGTERM', 'SIGINT'], { useProcessExit: true });
  // The start may wait for OPA. Watch the files from the beginning, so that no change is lost.
  if (tls !== undefined) watchTls(app.getHttpServer() as HttpsServer, tls);
  await listen(app, config.listen);
  app.flushLogs();
  const { host } = config.listen;
  const { port } = app.getHttpServer().address() as AddressInfo;
  return {
    port,
    url: `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`,
  };
}

async function listen(app: NestFastifyApplication, { host, port }: GatewayConfig['listen']): Promise<void> {
  try {
    await app.listen(port, host);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') {
      throw new ConfigError(`port ${port} of ${host} is in use. Set PORT to another port.`, { cause });
    }
    if (code === 'EACCES' || code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
      throw new ConfigError(
        `can't listen on port ${port} of ${host} (${code}). Set HOST and PORT to others.`,
        {
          cause,
        },
      );
    }
    throw cause;
  }
}
