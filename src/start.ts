import type { AddressInfo } from 'node:net';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import replyFrom from '@fastify/reply-from';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { openAuthentication } from './auth/index.js';
import { ConfigError, isProduction } from './config/index.js';
import type { Environment, GatewayConfig } from './config/index.js';
import { GatewayModule } from './gateway.module.js';
import { createAdapter } from './http/index.js';
import { loadPlugins } from 'nestjs-opa-mcp/internal';
import { dispatcher } from './rest/upstream.js';

/**
 * Starts the gateway; it ends, with exit code 0, on SIGTERM and SIGINT.
 *
 * @returns the port that it listens on
 * @throws ConfigError | OpaError when the configuration can't be used
 */
export async function startGateway(config: GatewayConfig, env: Environment): Promise<number> {
  const authentication = await openAuthentication(config.auth, isProduction(env));
  const plugins = await loadPlugins(config.mcp, config.opa);
  const app = await NestFactory.create<NestFastifyApplication>(
    GatewayModule.forConfig(config, authentication, plugins, env),
    createAdapter(config.listen),
    // Logs wait until the gateway listens: a start that fails says why in one line, and nothing else.
    { bodyParser: false, abortOnError: false, bufferLogs: true, autoFlushLogs: false },
  );
  await app.register(replyFrom, { undici: dispatcher, disableCache: true, disableRequestLogging: true });
  for (const warning of plugins.warnings) new Logger('Mcp').warn(warning);
  app.enableShutdownHooks(['SIGTERM', 'SIGINT'], { useProcessExit: true });
  await listen(app, config.listen);
  app.flushLogs();
  return (app.getHttpServer().address() as AddressInfo).port;
}

async function listen(app: NestFastifyApplication, { host, port }: GatewayConfig['listen']): Promise<void> {
  try {
    await app.listen(port, host);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') {
      throw new ConfigError(`port ${port} of ${host} is in use: give another as PORT`, { cause });
    }
    if (code === 'EACCES' || code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
      throw new ConfigError(
        `can't listen on port ${port} of ${host} (${code}): give others as HOST and PORT`,
        {
          cause,
        },
      );
    }
    throw cause;
  }
}
