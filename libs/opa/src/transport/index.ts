export { isCertificateRefused } from './failure.js';
export * from './fresh-file.js';
export * from './http.service.js';
export * from './origin.js';
export * from './pool.js';
export * from './pool.options.js';
export * from './transport.js';
export * from './waits.js';
export * from './wire.js';
