import { ConfigError } from './config-error.js';
import type { FileConfig } from './config.schema.js';
import { variable } from './environment.js';
import type { Environment } from './environment.js';

/**
 * Applies the environment variables `HOST`, `PORT` and `OPA_URL`. An empty variable counts as unset.
 *
 * @remarks When the file has a bundle but no URL, `OPA_URL` replaces the bundle. Together with a URL, the bundle would
 * become a fallback that the file does not configure.
 * @throws ConfigError when `PORT` is not a port number
 */
export function overrideFromEnvironment(config: FileConfig, env: Environment): FileConfig {
  const port = variable(env, 'PORT');
  const url = variable(env, 'OPA_URL');
  const { listen, opa } = config;
  return {
    ...config,
    listen: {
      ...listen,
      host: variable(env, 'HOST') ?? listen.host,
      port: port === undefined ? listen.port : portOf(port),
    },
    opa: url === undefined ? opa : withUrl(opa, url),
  };
}

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new ConfigError(`PORT: ${JSON.stringify(text)} is not a port: give a whole number, 0 to 65535`);
}

function withUrl(opa: FileConfig['opa'], url: string): FileConfig['opa'] {
  const { bundle, ...others } = opa;
  return 'url' in opa && bundle !== undefined ? { ...others, bundle, url } : { ...others, url };
}
