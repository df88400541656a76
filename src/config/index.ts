export { ConfigError } from './config-error.js';
export type { AuthConfig } from './auth.schema.js';
export { isProduction, variable } from './environment.js';
export type { Environment } from './environment.js';
export { loadConfig } from './load-config.js';
export type { GatewayConfig } from './load-config.js';
export type { UpstreamEntry } from './upstream.schema.js';
export { ROOTS } from './roots.js';
export { sessionKey } from './session-key.js';
