import { ConfigError } from './config-error.js';
import type { FileConfig } from './config.schema.js';
import { variable } from './environment.js';
import type { Environment } from './environment.js';

/**
 * Applies `HOST`, `PORT` and `OPA_URL`; an empty one counts as unset.
 *
 * @remarks `OPA_URL` takes the place of a bundle that was the only engine: kept beside the URL it would
 * become a fallback that nobody asked for.
 * @throws ConfigError when `PORT` isn't a port
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
