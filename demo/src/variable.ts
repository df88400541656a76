import type { Environment } from 'nestjs-opa-gateway';

/** The value of an environment variable. An empty one counts as unset, as in the gateway. */
export const variable = (env: Environment, name: string): string | undefined =>
  env[name] === '' ? undefined : env[name];
