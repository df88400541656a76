/**
 * The gateway as a function. The command `nestjs-opa-gateway` and the demo of `npm start` both call this function.
 *
 * @packageDocumentation
 */
import 'reflect-metadata';

export { DEVELOPMENT_KID } from './auth/index.js';
export { ConfigError, isProduction } from './config/index.js';
export type { Environment } from './config/index.js';
export { startFailure } from './start-failure.js';
export { startGateway } from './start.js';
export type { GatewayAddress } from './start.js';
